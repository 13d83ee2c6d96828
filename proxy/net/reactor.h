// A worker's event loop: epoll, edge-triggered, one registration per descriptor for its whole
// life. A handler keeps its own readiness and waits for an edge only after the kernel has said
// "would block", so a request costs no epoll_ctl at all (docs/decisions/0002-own-event-loop.md).
//
// Threading: everything but post() and stop() on the thread that calls run().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "proxy/net/fd.h"

namespace limpet {

// Something with a descriptor. It stays alive until retire() lets it go, and ignores events that
// arrive between its end and that.
class EventHandler {
 public:
  virtual ~EventHandler() = default;
  // `events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR as epoll_wait gave them; 0 when
  // called because of schedule().
  virtual void on_events(uint32_t events) = 0;
  // The time of wake_at() has come.
  virtual void on_timer() {}

 private:
  friend class Reactor;
  bool scheduled_ = false;
  int64_t timer_ms_ = 0;   // when it wants to be called; 0: it does not
  int64_t queued_ms_ = 0;  // of its entry in the reactor's timers; 0: it has none
};

class Reactor {
 public:
  Reactor();  // throws std::system_error when the kernel gives no descriptors
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Edges of both directions from now on; closing the descriptor ends it. False, with errno set,
  // when the kernel refuses.
  bool add(int fd, EventHandler* handler);

  // Calls handler->on_events(0) once in the next round, after new events were taken: how a handler
  // with more to do lets the others have their turn. Once per round and handler.
  void schedule(EventHandler* handler);
  // Calls handler->on_timer() at that time (now_ms()) or a little later; replaces the time given
  // before. For the few that cannot wait for a tick. A time that is put off costs nothing.
  void wake_at(EventHandler* handler, int64_t ms);
  // Destroys the handler when no event of this round can reach it any more.
  void retire(std::unique_ptr<EventHandler> handler);

  // Runs `task` on the loop's thread. From any thread.
  void post(std::function<void()> task);

  // Until stop(). `on_tick` is called every kTickMs, as nearly as the work allows.
  static constexpr int kTickMs = 100;
  void run(const std::function<void()>& on_tick);
  void stop();

  // Taken once a round.
  int64_t now_ms() const { return now_ms_; }          // monotonic
  int64_t now_unix_s() const { return now_unix_s_; }  // wall clock

 private:
  void take_time();
  void run_posted();
  void run_scheduled();
  void run_timers();
  int64_t next_wakeup_ms(int64_t next_tick_ms) const;

  void unqueue(EventHandler& handler);

  Fd epoll_;
  Fd wakeup_;  // eventfd
  int64_t now_ms_ = 0;
  int64_t now_unix_s_ = 0;
  bool stopping_ = false;
  std::vector<EventHandler*> scheduled_;
  std::set<std::pair<int64_t, EventHandler*>> timers_;  // by their times
  std::vector<std::unique_ptr<EventHandler>> retired_;

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
};

}  // namespace limpet
