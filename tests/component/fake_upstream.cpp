#include "tests/component/fake_upstream.h"

#include <algorithm>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace limpet::testing {
namespace {

// How many body bytes the head announces; chunked bodies are read to their last chunk.
bool is_whole(const std::string& request) {
  const size_t head_end = request.find("\r\n\r\n");
  if (head_end == std::string::npos) return false;
  if (request.find("Transfer-Encoding: chunked") < head_end) {
    return request.ends_with("\r\n\r\n") &&
           request.find("\r\n0\r\n", head_end + 2) != std::string::npos;
  }
  const size_t length = request.find("Content-Length: ");
  if (length >= head_end) return true;
  return request.size() >= head_end + 4 + std::stoul(request.substr(length + 16));
}

}  // namespace

std::string ok_response(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

FakeUpstream::FakeUpstream(Script script, const FakeUpstream* beside)
    : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(beside == nullptr ? INADDR_LOOPBACK : INADDR_LOOPBACK + 1);
  address.sin_port = beside == nullptr ? 0 : htons(beside->port());
  socklen_t size = sizeof(address);
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_.get(), 128) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

FakeUpstream::~FakeUpstream() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

void FakeUpstream::accept_loop() {
  for (;;) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    ++connections_;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void FakeUpstream::serve(int fd) {
  std::string request;
  for (bool go_on = true; go_on;) {
    char bytes[65536];
    const ssize_t count = ::recv(fd, bytes, sizeof(bytes), 0);
    if (count <= 0) break;
    request.append(bytes, static_cast<size_t>(count));
    if (!is_whole(request)) continue;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      changed_.notify_all();
    }
    const Answer answer = script_(request);
    request.clear();
    if (answer.reset) {
      const linger none{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
      break;
    }
    for (size_t sent = 0; sent < answer.bytes.size() && go_on;) {
      const ssize_t size =
          ::send(fd, answer.bytes.data() + sent, answer.bytes.size() - sent, MSG_NOSIGNAL);
      go_on = size > 0;
      sent += static_cast<size_t>(std::max<ssize_t>(0, size));
    }
    {
      const std::lock_guard lock(mutex_);
      ++answered_;
      changed_.notify_all();
    }
    go_on = go_on && !answer.close;
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
  ++closed_;
  changed_.notify_all();
}

std::vector<std::string> FakeUpstream::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeUpstream::wait_for_closed(size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ >= count; });
}

void FakeUpstream::wait_for_requests(size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return requests_.size() >= count; });
}

void FakeUpstream::wait_for_answers(size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return answered_ >= count; });
}

}  // namespace limpet::testing
