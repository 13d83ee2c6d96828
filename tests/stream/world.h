// A coupling whose states are entries without meaning, and whose next event is drawn from a seed,
// so that a failure can be had again.
#pragma once

#include "tests/stream/coupling.h"

namespace limpet {

class World : public Coupling {
 public:
  // `epochs`: the server's database is also exchanged for older copies and restored ones.
  World(uint64_t seed, bool epochs, size_t nodes, Counts& counts);

  // One event.
  void step();
  // No more faults; afterwards all nodes hold the server's state, or an EXPECT has failed.
  void settle();

 private:
  void publish();
  void add_change(Delta& delta, bool large, size_t number);
  void exchange_database();
  void restore_database(const Snapshot& state);

  const bool epochs_;
  uint64_t next_epoch_ = 1;
  std::vector<Snapshot> history_;  // of the database; the last is its head
};

}  // namespace limpet
