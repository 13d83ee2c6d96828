#include "core/snapshot/digest.h"

#include <bit>
#include <cstring>

#include <absl/strings/escaping.h>

#include "core/base/secure_hash.h"
#include "core/snapshot/snapshot.h"

namespace limpet {

static_assert(std::endian::native == std::endian::little, "words are copied as they lie");

Digest Digest::of(const Entry& entry) {
  const Sha256 hash =
      sha256_of_parts({entry.key.kind, entry.key.ns, entry.key.name, entry.bytes});
  Digest digest;
  std::memcpy(digest.words_.data(), hash.data(), hash.size());
  return digest;
}

std::optional<Digest> Digest::from_bytes(std::string_view bytes) {
  Digest digest;
  if (bytes.size() != sizeof(digest.words_)) return std::nullopt;
  std::memcpy(digest.words_.data(), bytes.data(), bytes.size());
  return digest;
}

Digest& Digest::operator+=(const Digest& other) {
  unsigned __int128 carry = 0;
  for (size_t i = 0; i < words_.size(); ++i) {
    carry += static_cast<unsigned __int128>(words_[i]) + other.words_[i];
    words_[i] = static_cast<uint64_t>(carry);
    carry >>= 64;
  }
  return *this;
}

Digest& Digest::operator-=(const Digest& other) {
  uint64_t borrow = 0;
  for (size_t i = 0; i < words_.size(); ++i) {
    const unsigned __int128 subtrahend =
        static_cast<unsigned __int128>(other.words_[i]) + borrow;
    borrow = words_[i] < subtrahend ? 1 : 0;
    words_[i] = static_cast<uint64_t>(words_[i] - subtrahend);
  }
  return *this;
}

std::string Digest::to_bytes() const {
  return std::string(reinterpret_cast<const char*>(words_.data()), sizeof(words_));
}

std::string Digest::to_hex() const {
  return absl::BytesToHexString(to_bytes().substr(0, 8));
}

}  // namespace limpet
