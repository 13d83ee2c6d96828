// A machine that is not as the others, without privileges: a library to be preloaded (LD_PRELOAD)
// into a program under test.
//
//   ODD_CLOCK_S       seconds by which its wall clock is ahead of the others'; may be negative
//   ODD_UNREACHABLE   IPv4 addresses, with commas, at which connections are refused
//
// The clock that only counts up stays as it is, as on a machine whose date was set wrong.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

namespace {

time_t shift_s() {
  static const time_t shift = [] {
    const char* text = std::getenv("ODD_CLOCK_S");
    return text == nullptr ? time_t{0} : static_cast<time_t>(std::strtoll(text, nullptr, 10));
  }();
  return shift;
}

// "," before and behind each.
const std::string& unreachable() {
  static const std::string all = [] {
    const char* text = std::getenv("ODD_UNREACHABLE");
    return text == nullptr ? std::string() : "," + std::string(text) + ",";
  }();
  return all;
}

bool is_unreachable(const sockaddr* address) {
  if (unreachable().empty() || address == nullptr || address->sa_family != AF_INET) return false;
  char text[INET_ADDRSTRLEN] = {};
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
  if (::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text)) == nullptr) return false;
  return unreachable().find("," + std::string(text) + ",") != std::string::npos;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  const bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (result == 0 && wall) now->tv_sec += shift_s();
  return result;
}

int gettimeofday(timeval* now, void* zone) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_gettimeofday, now, zone));
  if (result == 0) now->tv_sec += shift_s();
  return result;
}

time_t time(time_t* now) noexcept {
  timespec at = {};
  clock_gettime(CLOCK_REALTIME, &at);
  if (now != nullptr) *now = at.tv_sec;
  return at.tv_sec;
}

int connect(int fd, const sockaddr* address, socklen_t size) {
  if (is_unreachable(address)) {
    errno = ECONNREFUSED;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_connect, fd, address, size));
}

}  // extern "C"
