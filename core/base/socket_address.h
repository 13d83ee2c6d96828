// A numeric address and port in the form that the kernel takes. Data only: nothing here opens a
// socket or resolves a name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

namespace limpet {

class SocketAddress {
 public:
  SocketAddress() = default;  // of no family

  // "10.0.0.7" or "fd00::7"; nothing when it is neither.
  static std::optional<SocketAddress> parse(std::string_view ip, uint16_t port);
  // From what accept() or getsockname() gave.
  static SocketAddress from(const sockaddr_storage& storage);

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const;
  int family() const { return storage_.any.sa_family; }
  uint16_t port() const;
  std::string ip() const;         // "10.0.0.7"; an IPv4 address mapped into IPv6 as IPv4
  std::string to_string() const;  // "10.0.0.7:80", "[fd00::7]:80"

  friend bool operator==(const SocketAddress& a, const SocketAddress& b);
  template <typename H>
  friend H AbslHashValue(H h, const SocketAddress& address) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(&address.storage_);
    return H::combine_contiguous(std::move(h), bytes, address.size());
  }

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } storage_{.v6 = {}};
};

}  // namespace limpet
