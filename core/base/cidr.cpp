#include "core/base/cidr.h"

#include <algorithm>
#include <cstring>

#include <absl/strings/numbers.h>

namespace limpet {
namespace {

constexpr uint32_t kMappedBits = 96;  // ::ffff:0:0/96

}  // namespace

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = SocketAddress::parse(text.substr(0, slash), 0);
  if (!address) return std::nullopt;
  const bool v4 = address->family() == AF_INET;
  uint32_t bits = v4 ? 32 : 128;
  if (slash != std::string_view::npos) {
    const std::string_view prefix = text.substr(slash + 1);
    uint32_t given = 0;
    if (prefix.empty() || prefix.size() > 3 ||
        !std::all_of(prefix.begin(), prefix.end(), [](char c) { return c >= '0' && c <= '9'; }) ||
        !absl::SimpleAtoi(absl::string_view(prefix.data(), prefix.size()), &given) ||
        given > bits) {
      return std::nullopt;
    }
    bits = given;
  }
  Cidr cidr;
  cidr.bytes_ = bytes_of(*address);
  cidr.bits_ = static_cast<uint8_t>(v4 ? bits + kMappedBits : bits);
  for (uint32_t bit = cidr.bits_; bit < 128; ++bit) {
    cidr.bytes_[bit / 8] &= static_cast<unsigned char>(~(0x80U >> bit % 8));
  }
  return cidr;
}

Cidr::Bytes Cidr::bytes_of(const SocketAddress& address) {
  Bytes bytes{};
  if (address.family() == AF_INET) {
    bytes[10] = bytes[11] = 0xFF;
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.data());
    std::memcpy(bytes.data() + 12, &v4->sin_addr, 4);
  } else if (address.family() == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.data());
    std::memcpy(bytes.data(), &v6->sin6_addr, 16);
  }
  return bytes;
}

bool Cidr::contains(const Bytes& bytes) const {
  const size_t whole = bits_ / 8U;
  if (std::memcmp(bytes.data(), bytes_.data(), whole) != 0) return false;
  const unsigned rest = bits_ % 8U;
  return rest == 0 || ((bytes[whole] ^ bytes_[whole]) >> (8 - rest)) == 0;
}

bool Cidr::contains(const SocketAddress& address) const { return contains(bytes_of(address)); }

bool CidrSet::contains(const SocketAddress& address) const {
  if (ranges_.empty() || address.family() == AF_UNSPEC) return false;
  const Cidr::Bytes bytes = Cidr::bytes_of(address);
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const Cidr& range) { return range.contains(bytes); });
}

}  // namespace limpet
