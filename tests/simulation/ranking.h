// Whether choices by rank are such: each session has one order of all candidates, which neither
// node, nor state, nor who else is there has a part in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace limpet::simulation {

// An endpoint or a Service with its weight: with another weight it has another rank.
struct Candidate {
  std::string name;
  uint32_t weight = 1;

  friend auto operator<=>(const Candidate&, const Candidate&) = default;
};

class Ranking {
 public:
  // Over all worlds: whether orders differ from session to session, and by how much weights bear.
  struct Spread {
    size_t pairs = 0;     // two sessions, one after the other, on two candidates
    size_t differ = 0;    // they prefer different ones
    double expected = 0;  // choices of the heavier one, of all those between unlike weights
    double observed = 0;
    size_t unlike = 0;
  };

  explicit Ranking(Spread& spread) : spread_(spread) {}

  // What is wrong with `session` choosing that one of them; empty: nothing.
  std::string contradiction(const std::string& session, const std::vector<Candidate>& candidates,
                            const std::string& chosen) const;
  void note(const std::string& session, const std::vector<Candidate>& candidates,
            const std::string& chosen);

 private:
  using Pair = std::pair<Candidate, Candidate>;  // the lesser one first

  Spread& spread_;
  std::map<std::string, std::map<Pair, bool>> orders_;  // by session: the first one is preferred
  std::map<Pair, bool> last_;                           // by any session
};

}  // namespace limpet::simulation
