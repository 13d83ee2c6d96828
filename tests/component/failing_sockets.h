// The socket calls of one thread, made to fail or to move fewer bytes: failing_sockets.cpp defines
// them for the whole test binary, and passes on those of all other threads.
//
// What a failure of the kernel's leaves behind is left behind here, too: a connection that breaks
// is reset for both its ends, and after "would block" or a short read an edge comes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace limpet::testing {

enum class Call {
  kRecv,
  kSend,
  kConnect,
  kSocket,
  kAccept,
  kEpollCtl,
  kEpollWait,
  kSetsockopt,
  kGetsockopt,
  kShutdown
};

struct Fault {
  std::string name;
  Call call;
  int error;  // 0: the call moves one byte
};

// One of every class that the call can fail with.
const std::vector<Fault>& all_faults();

enum class Side { kClient, kUpstream };  // connections that were accepted; that were made

// From any thread, but the first.
class FailingSockets {
 public:
  // Only the thread that calls this is concerned by all others.
  static void watch_this_thread();
  // The call that many calls of its kind from now on fails; with `lasting` those after it, too.
  static void arm(const Fault& fault, size_t number, bool lasting = false);
  // The bytes of connections of that side are read, or written, in two pieces; with `at` 0 one by
  // one.
  static void split_reads(Side side, size_t at);
  static void split_writes(Side side, size_t at);
  // Ends all that. Whether the fault has happened.
  static bool disarm();
};

}  // namespace limpet::testing
