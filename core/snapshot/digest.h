// The digest of a state: the sum, modulo 2^256, of the SHA-256 of each entry. Being a sum, it is
// kept up by one addition and one subtraction per change, in any order.
//
// An entry's hash runs over kind, namespace, name and stored bytes, each behind its length as
// eight bytes, least significant first. Stored bytes are never serialised anew.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpet {

struct Entry;

class Digest {
 public:
  static Digest of(const Entry& entry);
  // From 32 bytes as to_bytes() gives them; nothing for another length.
  static std::optional<Digest> from_bytes(std::string_view bytes);

  Digest& operator+=(const Digest& other);
  Digest& operator-=(const Digest& other);
  friend bool operator==(const Digest&, const Digest&) = default;

  std::string to_bytes() const;  // 32 bytes, least significant first
  std::string to_hex() const;    // the first 16 hexadecimal digits: enough for people

 private:
  std::array<uint64_t, 4> words_{};  // least significant first
};

}  // namespace limpet
