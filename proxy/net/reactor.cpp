#include "proxy/net/reactor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

namespace limpet {
namespace {

constexpr size_t kEventsPerRound = 256;

int64_t clock_ms(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

Reactor::Reactor()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), wakeup_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  if (!epoll_ || !wakeup_ ||
      epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make an event loop");
  }
  take_time();
}

bool Reactor::add(int fd, EventHandler* handler) {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = handler}};
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Reactor::schedule(EventHandler* handler) {
  if (handler->scheduled_) return;
  handler->scheduled_ = true;
  scheduled_.push_back(handler);
}

void Reactor::wake_at(EventHandler* handler, int64_t ms) {
  handler->timer_ms_ = ms;
  // The entry that there is comes early enough; it is put off then.
  if (handler->queued_ms_ != 0 && handler->queued_ms_ <= ms) return;
  unqueue(*handler);
  handler->queued_ms_ = ms;
  timers_.emplace(ms, handler);
}

void Reactor::unqueue(EventHandler& handler) {
  if (handler.queued_ms_ == 0) return;
  timers_.erase({handler.queued_ms_, &handler});
  handler.queued_ms_ = 0;
}

void Reactor::retire(std::unique_ptr<EventHandler> handler) {
  unqueue(*handler);
  if (handler->scheduled_) std::erase(scheduled_, handler.get());
  retired_.push_back(std::move(handler));
}

void Reactor::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof(one));
}

void Reactor::stop() {
  post([this] { stopping_ = true; });
}

void Reactor::take_time() {
  now_ms_ = clock_ms(CLOCK_MONOTONIC_COARSE);
  now_unix_s_ = clock_ms(CLOCK_REALTIME_COARSE) / 1000;
}

void Reactor::run_posted() {
  uint64_t count;
  [[maybe_unused]] const ssize_t read = ::read(wakeup_.get(), &count, sizeof(count));
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (const auto& task : tasks) task();
}

void Reactor::run_scheduled() {
  // What is scheduled meanwhile has its turn in the next round. A handler retired meanwhile is
  // alive until the round's end and ignores the call.
  std::vector<EventHandler*> now;
  now.swap(scheduled_);
  for (EventHandler* handler : now) {
    handler->scheduled_ = false;
    handler->on_events(0);
  }
}

void Reactor::run_timers() {
  while (!timers_.empty() && timers_.begin()->first <= now_ms_) {
    EventHandler& handler = *timers_.begin()->second;
    unqueue(handler);
    if (handler.timer_ms_ > now_ms_) {
      wake_at(&handler, handler.timer_ms_);
    } else {
      handler.on_timer();
    }
  }
}

int64_t Reactor::next_wakeup_ms(int64_t next_tick_ms) const {
  return timers_.empty() ? next_tick_ms : std::min(next_tick_ms, timers_.begin()->first);
}

void Reactor::run(const std::function<void()>& on_tick) {
  std::array<epoll_event, kEventsPerRound> events;
  int64_t next_tick_ms = now_ms_ + kTickMs;
  while (!stopping_) {
    const int64_t wait =
        scheduled_.empty() ? std::max<int64_t>(0, next_wakeup_ms(next_tick_ms) - now_ms_) : 0;
    const int count =
        epoll_wait(epoll_.get(), events.data(), events.size(), static_cast<int>(wait));
    take_time();
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.ptr == nullptr) {
        run_posted();
      } else {
        static_cast<EventHandler*>(event.data.ptr)->on_events(event.events);
      }
    }
    run_scheduled();
    run_timers();
    if (now_ms_ >= next_tick_ms) {
      on_tick();
      next_tick_ms = now_ms_ + kTickMs;
    }
    retired_.clear();
  }
}

}  // namespace limpet
