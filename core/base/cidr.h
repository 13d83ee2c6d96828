// Ranges of addresses as people write them ("10.0.0.0/8", "fd00::/8", or one address alone), and
// whether an address is in one of a set.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/socket_address.h"

namespace limpet {

class Cidr {
 public:
  // Nothing when the text is no address, or the prefix is longer than one. Bits behind the prefix
  // are ignored.
  static std::optional<Cidr> parse(std::string_view text);

  bool contains(const SocketAddress& address) const;

  friend bool operator==(const Cidr&, const Cidr&) = default;

 private:
  friend class CidrSet;
  // An IPv6 address; IPv4 mapped into it, so that a mapped peer is the same peer.
  using Bytes = std::array<unsigned char, 16>;
  static Bytes bytes_of(const SocketAddress& address);
  bool contains(const Bytes& bytes) const;

  Bytes bytes_{};
  uint8_t bits_ = 0;  // of the prefix, 0 to 128
};

class CidrSet {
 public:
  CidrSet() = default;
  explicit CidrSet(std::vector<Cidr> ranges) : ranges_(std::move(ranges)) {}

  bool empty() const { return ranges_.empty(); }
  bool contains(const SocketAddress& address) const;

  friend bool operator==(const CidrSet&, const CidrSet&) = default;

 private:
  std::vector<Cidr> ranges_;  // few: GatewayParameters allows 64
};

}  // namespace limpet
