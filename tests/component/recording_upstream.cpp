#include "tests/component/recording_upstream.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "tests/fuzz/http_reader.h"

namespace limpet::testing {
namespace {

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

}  // namespace

RecordingUpstream::RecordingUpstream(Script script)
    : script_(std::move(script)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t size = sizeof(address);
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_.get(), 128) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

std::vector<std::string> RecordingUpstream::finish() {
  if (listener_) ::shutdown(listener_.get(), SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();
  listener_.reset();
  if (stop_) ::eventfd_write(stop_.get(), 1);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  stop_.reset();
  std::vector<std::string> some;
  std::copy_if(received_.begin(), received_.end(), std::back_inserter(some),
               [](const std::string& bytes) { return !bytes.empty(); });
  return some;
}

void RecordingUpstream::accept_loop() {
  for (;;) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    const size_t connection = received_.size();
    received_.emplace_back();
    threads_.emplace_back([this, fd, connection] { serve(fd, connection); });
  }
}

void RecordingUpstream::serve(int fd, size_t connection) {
  // Closing is a reset, which leaves no TIME_WAIT: io_fixture.h.
  const linger none{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
  std::string unread;
  bool tunnel = false;
  for (bool go_on = true; go_on;) {
    pollfd events[] = {{fd, POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    if (::poll(events, 2, -1) < 0 || events[1].revents != 0) break;
    char bytes[65536];
    const ssize_t count = ::recv(fd, bytes, sizeof(bytes), 0);
    if (count == 0 && tunnel) ::shutdown(fd, SHUT_WR);
    if (count <= 0) break;
    unread.append(bytes, static_cast<size_t>(count));
    {
      const std::lock_guard lock(mutex_);
      received_[connection].append(bytes, static_cast<size_t>(count));
    }
    go_on = tunnel ? send_all(fd, std::exchange(unread, "")) : answer(fd, unread, tunnel);
  }
  ::close(fd);
}

// False: the connection is to be reset.
bool RecordingUpstream::answer(int fd, std::string& unread, bool& tunnel) {
  const auto request = fuzz::read_request(unread);
  if (!request || !request->end) return true;
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    answer = script_(unread.substr(0, *request->end), requests_++);
  }
  unread.erase(0, *request->end);
  tunnel = answer.tunnel;
  if (tunnel) answer.bytes += std::exchange(unread, "");
  if (!send_all(fd, answer.bytes)) return false;
  if (answer.close) ::shutdown(fd, SHUT_WR);
  return !answer.reset;
}

}  // namespace limpet::testing
