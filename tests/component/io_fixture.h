// One exchange of bytes through a worker whose socket calls are watched: a client sends all it has
// to say, an endpoint answers, and what each of them got is the outcome.
//
// No time-out of the worker's ends within a test: whoever waits for one is stuck, and the client's
// own patience makes that a failure.
//
// There are thousands of connections in a second. The client and the endpoint end theirs by a
// reset, once they have seen the end, so that none stays in TIME_WAIT and keeps a port from other
// tests.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "tests/component/failing_sockets.h"
#include "tests/component/recording_upstream.h"
#include "tests/component/worker_fixture.h"

namespace limpet::testing {

struct Scenario {
  std::string name;
  std::string sends;  // the client
  RecordingUpstream::Script script;
  bool dead_endpoint = false;  // one that refuses connections, beside the one that answers
  bool sticky = false;
  // The client says that it sends no more. Others wait for the worker to end the connection, which
  // is what their last request is to lead to.
  bool half_close = false;
  bool breaks = false;  // the endpoint does, in the midst of its answer; the client sees it
  // 503 is tried again, and there is one connection at a time: whose place is not given back keeps
  // all others out.
  bool policies = false;

  friend void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }
};

struct Outcome {
  std::string client;                 // what it got
  bool reset = false;                 // how its connection ended
  std::vector<std::string> upstream;  // what each of the endpoint's connections brought
};

class IoTest : public WorkerTest {
 protected:
  // `tls`: the client speaks it, and the outcome is what it deciphers.
  explicit IoTest(bool tls = false);

  // Requires: faults are armed by `prepare`, if at all; `fired` says whether they have happened.
  // What must hold afterwards in any case is checked: the worker serves, and no descriptor is left.
  Outcome run(const Scenario& scenario, const std::function<void()>& prepare, bool& fired);
  Outcome run(const Scenario& scenario);

 private:
  Outcome exchange(const std::string& sends, bool half_close) const;
  static Outcome exchange_by_tls(int fd, const std::string& sends, bool half_close);
  void await_baseline();

  const bool by_tls_;
  size_t baseline_ = 0;  // descriptors
};

inline constexpr char kPlainGet[] = "GET /plain HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

// A script that gives the answers one after the other, the last one again and again; "plain" to the
// plain request.
RecordingUpstream::Script in_turn(std::vector<RecordingUpstream::Answer> answers);

}  // namespace limpet::testing
