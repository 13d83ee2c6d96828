// The keys of --secrets-key-file, and values of Secrets sealed under them.
//
// The file has one key a line, 32 random bytes in base64; empty lines and lines that begin with
// "#" count for nothing. The first key seals, all of them open. `gwctl pki secrets-key` makes one.
//
// A sealed value is a text, so that it stands where the base64 of the value stood:
//
//   "sealed:1:" ID ":" BASE64
//
// ID is 16 hexadecimal digits that name the key. BASE64 is of a random nonce of 12 bytes, the value
// encrypted by AES-256-GCM (NIST SP 800-38D), and the tag of 16 bytes. The associated data are the
// words "limpet secret 1", the kind, namespace and name of the object and the item's name, each
// behind its length as four bytes, least significant first: no value opens in another place. The
// nonce being random, one key is good for 2^32 values.
//
// From each key of the file three are derived, as HMAC-SHA256 of a label: one names it, one seals,
// one makes fingerprints.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "core/resource/object.h"

namespace limpet {

// Where a value is: the item "tls.key" of the Secret shop/web.
struct SecretPlace {
  const EntryKey& object;
  std::string_view item;
};

using FillRandom = std::function<void(std::span<unsigned char>)>;

// Immutable, thread-safe.
class SecretKeys {
 public:
  static constexpr size_t kKeyBytes = 32;
  static constexpr size_t kMaxKeys = 64;

  // INVALID_ARGUMENT names the line, and nothing of what stands there.
  static absl::StatusOr<SecretKeys> parse(std::string_view text);

  std::string seal(const SecretPlace& place, std::string_view value,
                   const FillRandom& fill_random) const;
  // FAILED_PRECONDITION: of a key that is not among these. DATA_LOSS: not as it was sealed, or
  // of another place.
  absl::StatusOr<std::string> open(const SecretPlace& place, std::string_view sealed) const;
  // Whether it is sealed under one of these.
  bool has_key_of(std::string_view sealed) const;
  // Whether it is sealed under the first key.
  bool is_newest(std::string_view sealed) const;

  // Equal for equal values in the same place, and without the keys of no use for guessing.
  std::string fingerprint(const SecretPlace& place, std::string_view value) const;

 private:
  using Bytes = std::array<unsigned char, kKeyBytes>;
  struct Key {
    std::string id;
    Bytes seals;
    Bytes fingerprints;
  };
  static Key derive(std::string_view secret);

  std::vector<Key> keys_;  // never empty
};

// --secrets-key-file, read again when it has changed. Not thread-safe.
class SecretKeyFile {
 public:
  explicit SecretKeyFile(std::filesystem::path path) : path_(std::move(path)) {}

  // The keys, when they are not those of the last time; null, when they are. An error changes
  // nothing: a file that cannot be read, that others than its owner may read, or without keys.
  absl::StatusOr<std::shared_ptr<const SecretKeys>> refresh();

 private:
  const std::filesystem::path path_;
  std::string text_;  // of the last time
};

}  // namespace limpet
