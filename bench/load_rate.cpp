#include "bench/load_rate.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <stdexcept>
#include <vector>

#include <sys/socket.h>

#include <fmt/core.h>

#include "bench/load_sockets.h"
#include "proxy/http/head.h"

namespace limpet::bench {
namespace {

constexpr int64_t kNsPerS = 1'000'000'000;
constexpr int64_t kNsPerUs = 1'000;
constexpr int64_t kWarmUpNs = 200'000'000;
constexpr int64_t kDrainNs = 5 * kNsPerS;

struct Connection {
  Fd fd;
  bool busy = false;
  int64_t due_ns = 0;
  std::string in;
  // Of the answer that is coming:
  size_t answer_bytes = 0;  // 0: its head is not here yet
  bool success = false;
  bool last = false;  // the target ends the connection after it
  http::HeadScanner scanner;
};

class RateRun {
 public:
  explicit RateRun(const RateLoad& load)
      : load_(load),
        total_(uint64_t{load.per_second} * load.seconds),
        request_(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n{}\r\n", load.path,
                             load.address.to_string(),
                             load.cookie.empty() ? "" : "Cookie: " + load.cookie + "\r\n")),
        connections_(load.connections) {
    latencies_us_.reserve(total_);
    for (Connection& connection : connections_) {
      open(connection);
      idle_.push_back(&connection);
    }
  }

  void run() {
    await_start();
    start_ns_ = now_ns();
    const int64_t give_up_ns = due_ns(total_) + kDrainNs;
    for (;;) {
      const int64_t now = now_ns();
      for (; next_ < total_ && due_ns(next_) <= now; ++next_) waiting_.push_back(due_ns(next_));
      send_waiting();
      if (next_ == total_ && waiting_.empty() && busy_ == 0) break;
      if (now > give_up_ns) {
        failed_ += waiting_.size() + busy_;
        break;
      }
      const int64_t until = next_ < total_ ? due_ns(next_) : give_up_ns;
      for (const epoll_event& event : ready_.wait(std::max<int64_t>(0, until - now))) {
        read(*static_cast<Connection*>(event.data.ptr));
      }
    }
    report();
  }

 private:
  int64_t due_ns(uint64_t request) const {
    return start_ns_ + static_cast<int64_t>(request * kNsPerS / load_.per_second);
  }

  void open(Connection& connection) {
    connection = Connection();
    connection.fd = connect_to(load_.address);
    stop_blocking(connection.fd);
    ready_.add(connection.fd, &connection);
  }

  void send_waiting() {
    while (!waiting_.empty() && !idle_.empty()) {
      Connection& connection = *idle_.front();
      idle_.pop_front();
      connection.due_ns = waiting_.front();
      waiting_.pop_front();
      connection.busy = true;
      ++busy_;
      // The target may have ended an idle connection just now: no failure of a request.
      if (send_all(connection.fd, request_)) continue;
      const int64_t due = connection.due_ns;
      open(connection);
      connection.due_ns = due;
      connection.busy = true;
      if (!send_all(connection.fd, request_)) end_request(connection, false, true);
    }
  }

  void read(Connection& connection) {
    char bytes[16 * 1024];
    const ssize_t count = ::recv(connection.fd.get(), bytes, sizeof bytes, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
      // It stays idle, where it is in the queue.
      if (!connection.busy) return open(connection);
      return end_request(connection, false, true);
    }
    if (!connection.busy) throw std::runtime_error("an answer that nobody asked for");
    connection.in.append(bytes, static_cast<size_t>(count));
    if (connection.answer_bytes == 0 && !read_head(connection)) return;
    if (connection.in.size() < connection.answer_bytes) return;
    const bool whole = connection.in.size() == connection.answer_bytes;
    end_request(connection, whole && connection.success, !whole || connection.last);
  }

  // False while it is not complete.
  bool read_head(Connection& connection) {
    const size_t size = connection.scanner.scan(connection.in);
    if (size == 0 && !connection.scanner.bad()) return false;
    if (size == 0 ||
        http::parse_response_head(std::string_view(connection.in).substr(0, size), false, head_) !=
            http::ParseError::kNone ||
        head_.body != http::BodyKind::kLength) {
      throw std::runtime_error("not an answer with a Content-Length: " + connection.in);
    }
    connection.success = head_.status >= 200 && head_.status < 300;
    connection.last = head_.connection_close;
    connection.answer_bytes = size + head_.content_length;
    return true;
  }

  void end_request(Connection& connection, bool ok, bool reopen) {
    const int64_t latency_ns = now_ns() - connection.due_ns;
    if (!ok) ++failed_;
    if (ok && connection.due_ns >= start_ns_ + kWarmUpNs) {
      latencies_us_.push_back(latency_ns / kNsPerUs);
    }
    --busy_;
    connection.busy = false;
    connection.in.clear();
    connection.answer_bytes = 0;
    connection.scanner.reset();
    if (reopen) open(connection);
    idle_.push_back(&connection);
  }

  void report() {
    std::sort(latencies_us_.begin(), latencies_us_.end());
    if (latencies_us_.empty()) throw std::runtime_error("no request was answered");
    const auto at = [&](size_t percent) {
      return latencies_us_[(latencies_us_.size() - 1) * percent / 100];
    };
    finish(fmt::format("requests {} failed {} p50_us {} p99_us {} max_us {}", total_, failed_,
                       at(50), at(99), at(100)));
  }

  const RateLoad& load_;
  const uint64_t total_;
  const std::string request_;
  Readiness ready_;
  std::vector<Connection> connections_;
  std::deque<Connection*> idle_;  // longest first
  std::deque<int64_t> waiting_;   // when they were due
  int64_t start_ns_ = 0;
  uint64_t next_ = 0;  // request that is not due yet
  uint64_t busy_ = 0;
  uint64_t failed_ = 0;
  std::vector<int64_t> latencies_us_;
  http::ResponseHead head_;  // for read_head() alone
};

}  // namespace

void run_rate(const RateLoad& load) { RateRun(load).run(); }

}  // namespace limpet::bench
