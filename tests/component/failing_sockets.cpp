#include "tests/component/failing_sockets.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>

#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace limpet::testing {
namespace {

// The function that this binary's hides: a sanitizer's, or the C library's.
template <typename Function>
Function* next(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}
#define LIMPET_NEXT(name) static const auto real = next(&::name, #name)

thread_local bool watched = false;

struct Pieces {
  Side side;
  size_t at;
};

struct Socket {
  Side side = Side::kClient;
  size_t read = 0;  // bytes
  size_t written = 0;
  int epoll = -1;
  epoll_event event{};
};

std::mutex mutex;
// All guarded by it:
std::optional<Fault> armed;
size_t calls_left = 0;
bool fired = false;
bool lasts = false;
std::optional<Pieces> read_pieces;
std::optional<Pieces> write_pieces;
std::map<int, Socket> sockets;  // by descriptor; those of closed ones are stale

// What is to become of a call: as it is (-1), so many bytes at most, or an error (errno is set).
struct Verdict {
  bool fails = false;
  size_t most = SIZE_MAX;
};

bool fires(Call call) {
  if (!armed || armed->call != call || (fired && !lasts)) return false;
  if (calls_left > 0) {
    --calls_left;
    return false;
  }
  fired = true;
  return true;
}

// Tells the watcher of the descriptor once more what is ready, as an edge does that comes later.
void make_edge(int fd) {
  LIMPET_NEXT(epoll_ctl);
  const auto found = sockets.find(fd);
  if (found == sockets.end() || found->second.epoll < 0) return;
  real(found->second.epoll, EPOLL_CTL_MOD, fd, &found->second.event);
}

// To connect to nowhere resets a connection.
void reset(int fd) {
  LIMPET_NEXT(connect);
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  real(fd, &nowhere, sizeof(nowhere));
}

size_t most_of(const std::optional<Pieces>& pieces, Side side, size_t moved) {
  if (!pieces || pieces->side != side) return SIZE_MAX;
  if (pieces->at == 0) return 1;
  return moved < pieces->at ? pieces->at - moved : SIZE_MAX;
}

Verdict judge_transfer(Call call, int fd) {
  const std::lock_guard lock(mutex);
  const Socket& socket = sockets[fd];
  Verdict verdict;
  verdict.most = call == Call::kRecv ? most_of(read_pieces, socket.side, socket.read)
                                     : most_of(write_pieces, socket.side, socket.written);
  if (!fires(call)) return verdict;
  if (armed->error == 0) return {false, 1};
  if (armed->error == EAGAIN) {
    make_edge(fd);
  } else if (armed->error != EINTR) {
    reset(fd);
  }
  errno = armed->error;
  return {true, 0};
}

// Whether the call fails; errno is set then.
bool fails(Call call) {
  if (!watched) return false;
  const std::lock_guard lock(mutex);
  if (!fires(call)) return false;
  errno = armed->error;
  return true;
}

void begin(int fd, Side side) {
  if (!watched || fd < 0) return;
  const std::lock_guard lock(mutex);
  sockets[fd] = Socket{.side = side};
}

}  // namespace

const std::vector<Fault>& all_faults() {
  static const std::vector<Fault> faults = {
      {"recv: reset", Call::kRecv, ECONNRESET},
      {"recv: timed out", Call::kRecv, ETIMEDOUT},
      {"recv: interrupted", Call::kRecv, EINTR},
      {"recv: one byte", Call::kRecv, 0},
      {"send: reset", Call::kSend, ECONNRESET},
      {"send: broken pipe", Call::kSend, EPIPE},
      {"send: would block", Call::kSend, EAGAIN},
      {"send: interrupted", Call::kSend, EINTR},
      {"send: one byte", Call::kSend, 0},
      {"connect: refused", Call::kConnect, ECONNREFUSED},
      {"connect: unreachable", Call::kConnect, ENETUNREACH},
      {"connect: no port left", Call::kConnect, EADDRNOTAVAIL},
      {"connect: refused later", Call::kGetsockopt, ECONNREFUSED},
      {"connect: timed out later", Call::kGetsockopt, ETIMEDOUT},
      {"socket: no descriptor left", Call::kSocket, EMFILE},
      {"socket: no memory left", Call::kSocket, ENOBUFS},
      {"accept: no descriptor left", Call::kAccept, EMFILE},
      {"accept: no memory left", Call::kAccept, ENOBUFS},
      {"accept: gone already", Call::kAccept, ECONNABORTED},
      {"epoll_ctl: no memory left", Call::kEpollCtl, ENOMEM},
      {"epoll_ctl: too many watched", Call::kEpollCtl, ENOSPC},
      {"epoll_wait: interrupted", Call::kEpollWait, EINTR},
      {"setsockopt: no memory left", Call::kSetsockopt, ENOBUFS},
      {"shutdown: not connected", Call::kShutdown, ENOTCONN},
  };
  return faults;
}

void FailingSockets::watch_this_thread() { watched = true; }

void FailingSockets::arm(const Fault& fault, size_t number, bool lasting) {
  const std::lock_guard lock(mutex);
  lasts = lasting;
  armed = fault;
  calls_left = number;
  fired = false;
}

void FailingSockets::split_reads(Side side, size_t at) {
  const std::lock_guard lock(mutex);
  read_pieces = Pieces{side, at};
}

void FailingSockets::split_writes(Side side, size_t at) {
  const std::lock_guard lock(mutex);
  write_pieces = Pieces{side, at};
}

bool FailingSockets::disarm() {
  const std::lock_guard lock(mutex);
  armed.reset();
  read_pieces.reset();
  write_pieces.reset();
  return fired;
}

namespace {

ssize_t watched_recv(decltype(&::recv) real, int fd, void* to, size_t size, int flags) {
  // A look at what is there moves nothing.
  const Verdict verdict = judge_transfer(Call::kRecv, fd);
  if (verdict.fails) return -1;
  const ssize_t count = real(fd, to, std::min(size, verdict.most), flags);
  if (count > 0 && (flags & MSG_PEEK) == 0) {
    const std::lock_guard lock(mutex);
    sockets[fd].read += static_cast<size_t>(count);
    if (static_cast<size_t>(count) == verdict.most) make_edge(fd);
  }
  return count;
}

ssize_t watched_send(decltype(&::send) real, int fd, const void* from, size_t size, int flags) {
  const Verdict verdict = judge_transfer(Call::kSend, fd);
  if (verdict.fails) return -1;
  const ssize_t count = real(fd, from, std::min(size, verdict.most), flags);
  if (count > 0) {
    const std::lock_guard lock(mutex);
    sockets[fd].written += static_cast<size_t>(count);
  }
  return count;
}

}  // namespace
}  // namespace limpet::testing

// ---- The calls. Exceptions and attributes are those of the C library's headers.

using namespace limpet::testing;  // NOLINT

extern "C" {

ssize_t recv(int fd, void* to, size_t size, int flags) {
  LIMPET_NEXT(recv);
  return watched ? watched_recv(real, fd, to, size, flags) : real(fd, to, size, flags);
}

ssize_t send(int fd, const void* from, size_t size, int flags) {
  LIMPET_NEXT(send);
  return watched ? watched_send(real, fd, from, size, flags) : real(fd, from, size, flags);
}

int connect(int fd, const sockaddr* address, socklen_t size) {
  LIMPET_NEXT(connect);
  return fails(Call::kConnect) ? -1 : real(fd, address, size);
}

int socket(int domain, int type, int protocol) noexcept {
  LIMPET_NEXT(socket);
  if (fails(Call::kSocket)) return -1;
  const int fd = real(domain, type, protocol);
  begin(fd, Side::kUpstream);
  return fd;
}

int accept4(int listener, sockaddr* peer, socklen_t* size, int flags) {
  LIMPET_NEXT(accept4);
  if (fails(Call::kAccept)) return -1;
  const int fd = real(listener, peer, size, flags);
  begin(fd, Side::kClient);
  return fd;
}

int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  LIMPET_NEXT(epoll_ctl);
  if (fails(Call::kEpollCtl)) return -1;
  const int result = real(epoll, operation, fd, event);
  if (watched && result == 0 && operation != EPOLL_CTL_DEL) {
    const std::lock_guard lock(mutex);
    sockets[fd].epoll = epoll;
    sockets[fd].event = *event;
  }
  return result;
}

int epoll_wait(int epoll, epoll_event* events, int most, int timeout_ms) {
  LIMPET_NEXT(epoll_wait);
  return fails(Call::kEpollWait) ? -1 : real(epoll, events, most, timeout_ms);
}

int setsockopt(int fd, int level, int name, const void* value, socklen_t size) noexcept {
  LIMPET_NEXT(setsockopt);
  // Others cannot fail on a socket that is one.
  if (level == IPPROTO_TCP && fails(Call::kSetsockopt)) return -1;
  return real(fd, level, name, value, size);
}

int getsockopt(int fd, int level, int name, void* value, socklen_t* size) noexcept {
  LIMPET_NEXT(getsockopt);
  const int result = real(fd, level, name, value, size);
  if (level == SOL_SOCKET && name == SO_ERROR && fails(Call::kGetsockopt)) {
    *static_cast<int*>(value) = errno;
    reset(fd);
  }
  return result;
}

int shutdown(int fd, int how) noexcept {
  LIMPET_NEXT(shutdown);
  if (!fails(Call::kShutdown)) return real(fd, how);
  const int error = errno;
  reset(fd);
  errno = error;
  return -1;
}

}  // extern "C"
