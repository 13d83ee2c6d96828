#include "proxy/net/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace limpet {
namespace {

using Status = ProxyHeader::Status;

constexpr std::string_view kLineBegin = "PROXY ";
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr size_t kFixed = 16;  // signature, version and command, family, length

constexpr ProxyHeader kBad{.status = Status::kBad};

bool is_prefix(std::string_view bytes, std::string_view whole) {
  return bytes.substr(0, whole.size()) == whole.substr(0, bytes.size());
}

// ---- Version 1: one line of text.

// The word up to the next space, which is taken off with it.
std::string_view take_word(std::string_view& line) {
  const size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  return word;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  uint32_t port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    port = port * 10 + static_cast<uint32_t>(c - '0');
  }
  return port > UINT16_MAX ? std::nullopt : std::optional(static_cast<uint16_t>(port));
}

ProxyHeader parse_line(std::string_view line, size_t size) {
  const std::string_view family = take_word(line);
  if (family == "UNKNOWN") return {Status::kDone, size};
  if (family != "TCP4" && family != "TCP6") return kBad;
  // No space may stand at the end, and no word be left over.
  if (std::count(line.begin(), line.end(), ' ') != 3) return kBad;
  const std::string_view source = take_word(line);
  const std::string_view destination = take_word(line);
  const std::optional<uint16_t> source_port = parse_port(take_word(line));
  const std::optional<uint16_t> destination_port = parse_port(line);
  if (!source_port || !destination_port) return kBad;
  const auto from = SocketAddress::parse(source, *source_port);
  const auto to = SocketAddress::parse(destination, *destination_port);
  const int wanted = family == "TCP4" ? AF_INET : AF_INET6;
  if (!from || !to || from->family() != wanted || to->family() != wanted) return kBad;
  return {Status::kDone, size, from};
}

ProxyHeader parse_v1(std::string_view bytes) {
  const std::string_view looked_at = bytes.substr(0, kMaxProxyLine);
  const size_t end = looked_at.find_first_of(std::string_view("\r\n\0", 3));
  if (end == std::string_view::npos)
    return looked_at.size() == kMaxProxyLine ? kBad : ProxyHeader();
  if (looked_at[end] != '\r') return kBad;
  if (end + 1 == looked_at.size()) return end + 1 == kMaxProxyLine ? kBad : ProxyHeader();
  if (looked_at[end + 1] != '\n' || end < kLineBegin.size()) return kBad;
  return parse_line(bytes.substr(kLineBegin.size(), end - kLineBegin.size()), end + 2);
}

// ---- Version 2: binary.

uint8_t byte_at(std::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

size_t number_at(std::string_view bytes, size_t at) {
  return static_cast<size_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

constexpr std::array<uint32_t, 256> make_crc32c_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78U : 0);
    table[i] = value;
  }
  return table;
}

// Of the header, with zeros for the four bytes that hold the checksum (section 2.2.4).
uint32_t crc32c(std::string_view header, size_t checksum_at) {
  static constexpr std::array<uint32_t, 256> kTable = make_crc32c_table();
  uint32_t crc = 0xFFFFFFFFU;
  for (size_t i = 0; i < header.size(); ++i) {
    const bool zeroed = i >= checksum_at && i < checksum_at + 4;
    const uint32_t byte = zeroed ? 0 : byte_at(header, i);
    crc = kTable[(crc ^ byte) & 0xFF] ^ (crc >> 8);
  }
  return ~crc;
}

// From `at` to the header's end: they fill it exactly, and a checksum among them is right.
bool tlvs_are_good(std::string_view header, size_t at) {
  constexpr uint8_t kCrc32c = 0x03;
  while (at < header.size()) {
    if (header.size() - at < 3) return false;
    const uint8_t type = byte_at(header, at);
    const size_t size = number_at(header, at + 1);
    at += 3;
    if (header.size() - at < size) return false;
    if (type == kCrc32c) {
      if (size != 4) return false;
      const size_t sent = number_at(header, at) << 16 | number_at(header, at + 2);
      if (crc32c(header, at) != sent) return false;
    }
    at += size;
  }
  return true;
}

SocketAddress source_of(std::string_view header, bool v6) {
  sockaddr_storage storage{};
  if (v6) {
    auto& address = reinterpret_cast<sockaddr_in6&>(storage);
    address.sin6_family = AF_INET6;
    std::memcpy(&address.sin6_addr, header.data() + kFixed, 16);
    std::memcpy(&address.sin6_port, header.data() + kFixed + 32, 2);
  } else {
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    std::memcpy(&address.sin_addr, header.data() + kFixed, 4);
    std::memcpy(&address.sin_port, header.data() + kFixed + 8, 2);
  }
  return SocketAddress::from(storage);
}

ProxyHeader parse_v2(std::string_view bytes) {
  // Version 2; the commands LOCAL and PROXY.
  if (bytes.size() > 12 && (byte_at(bytes, 12) & 0xFE) != 0x20) return kBad;
  if (bytes.size() < kFixed) return {};
  const bool local = byte_at(bytes, 12) == 0x20;
  const uint8_t family = byte_at(bytes, 13);
  const size_t size = kFixed + number_at(bytes, 14);
  if (size > kMaxProxyHeader) return kBad;
  size_t addresses = 0;
  switch (family) {
    case 0x00:
      break;  // unspecified
    case 0x11:
      addresses = 12;
      break;  // TCP over IPv4
    case 0x21:
      addresses = 36;
      break;  // TCP over IPv6
    case 0x31:
      addresses = 216;
      break;  // a stream over AF_UNIX
    default:
      // Datagrams are no connection. Of LOCAL, the family means nothing (section 2.2).
      if (!local) return kBad;
  }
  if (!local && size < kFixed + addresses) return kBad;
  if (bytes.size() < size) return {};
  if (local || addresses == 0) return {Status::kDone, size};
  if (!tlvs_are_good(bytes.substr(0, size), kFixed + addresses)) return kBad;
  if (family == 0x31) return {Status::kDone, size};
  return {Status::kDone, size, source_of(bytes, family == 0x21)};
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (is_prefix(bytes, kLineBegin)) return parse_v1(bytes);
  if (is_prefix(bytes, kSignature)) return parse_v2(bytes);
  return kBad;
}

}  // namespace limpet
