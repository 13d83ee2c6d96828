#include "server/secret_keys.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include <absl/strings/escaping.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>

#include "core/base/text.h"
#include "core/resource/secret.h"
#include "runtime/data_dir.h"

namespace limpet {
namespace {

constexpr std::string_view kPrefix = "sealed:1:";
static_assert(kPrefix.starts_with(kSealedPrefix));
constexpr size_t kIdBytes = 8;
constexpr size_t kNonceSize = 12;
constexpr size_t kTagSize = 16;
constexpr uint64_t kMaxFileBytes = 64 * 1024;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::array<unsigned char, 32> hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, 32> code;
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
           code.data(), &size) == nullptr) {
    throw std::bad_alloc();
  }
  return code;
}

template <typename Bytes>
std::string_view view_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string associated_data(const SecretPlace& place) {
  std::string data;
  for (const std::string_view part :
       {std::string_view("limpet secret 1"), std::string_view(place.object.kind),
        std::string_view(place.object.ns), std::string_view(place.object.name), place.item}) {
    for (int shift = 0; shift < 32; shift += 8) {
      data.push_back(static_cast<char>((part.size() >> shift) & 0xFFU));
    }
    data += part;
  }
  return data;
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

// The key's name, and what BASE64 is of. False: it is no sealed value at all.
bool split(std::string_view sealed, std::string& id, std::string& bytes) {
  constexpr size_t kIdEnd = kPrefix.size() + 2 * kIdBytes;
  if (!sealed.starts_with(kPrefix) || sealed.size() <= kIdEnd || sealed[kIdEnd] != ':' ||
      !absl::Base64Unescape(absl_view(sealed.substr(kIdEnd + 1)), &bytes) ||
      bytes.size() < kNonceSize + kTagSize) {
    return false;
  }
  id = sealed.substr(kPrefix.size(), 2 * kIdBytes);
  return true;
}

absl::Status check_owner_alone(const std::filesystem::path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) {
    return absl::ErrnoToStatus(errno, str_cat("cannot read ", path.string()));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      str_cat(path.string(), " may be used by others than its owner; chmod 600 ", path.string()));
}

}  // namespace

SecretKeys::Key SecretKeys::derive(std::string_view secret) {
  const auto name = hmac(secret, "limpet secrets: name");
  return {absl::BytesToHexString(absl_view(view_of(name).substr(0, kIdBytes))),
          hmac(secret, "limpet secrets: seal"), hmac(secret, "limpet secrets: fingerprint")};
}

absl::StatusOr<SecretKeys> SecretKeys::parse(std::string_view text) {
  SecretKeys keys;
  size_t number = 0;
  const auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(str_cat("line ", number, ": ", why));
  };
  for (absl::string_view line : absl::StrSplit(absl_view(text), '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    std::string secret;
    if (!absl::Base64Unescape(line, &secret) || secret.size() != kKeyBytes) {
      return refuse("must be 32 bytes in base64; gwctl pki secrets-key makes a key");
    }
    Key key = derive(secret);
    const auto same = [&](const Key& other) { return other.id == key.id; };
    if (std::any_of(keys.keys_.begin(), keys.keys_.end(), same)) {
      return refuse("is a key that stands above already");
    }
    if (keys.keys_.size() == kMaxKeys) return refuse(str_cat("more than ", kMaxKeys, " keys"));
    keys.keys_.push_back(std::move(key));
  }
  if (keys.keys_.empty()) return absl::InvalidArgumentError("has no key");
  return keys;
}

std::string SecretKeys::seal(const SecretPlace& place, std::string_view value,
                             const FillRandom& fill_random) const {
  const Key& key = keys_.front();
  std::string bytes(kNonceSize + value.size() + kTagSize, '\0');
  unsigned char* const nonce = bytes_of(bytes);
  unsigned char* const to = nonce + kNonceSize;
  fill_random({nonce, kNonceSize});
  const std::string data = associated_data(place);
  const CipherContext context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int length = 0;
  const bool sealed =
      context != nullptr &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.seals.data(), nonce) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &length, bytes_of(std::string_view(data)),
                        static_cast<int>(data.size())) == 1 &&
      EVP_EncryptUpdate(context.get(), to, &length, bytes_of(value),
                        static_cast<int>(value.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), to + value.size(), &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, to + value.size()) == 1;
  if (!sealed) throw std::bad_alloc();
  return str_cat(kPrefix, key.id, ":", absl::Base64Escape(bytes));
}

absl::StatusOr<std::string> SecretKeys::open(const SecretPlace& place,
                                             std::string_view sealed) const {
  std::string id;
  std::string bytes;
  if (!split(sealed, id, bytes)) return absl::DataLossError("is no sealed value");
  const auto is_its = [&](const Key& key) { return key.id == id; };
  const auto key = std::find_if(keys_.begin(), keys_.end(), is_its);
  if (key == keys_.end()) {
    return absl::FailedPreconditionError(
        str_cat("is sealed under the key ", id, ", which --secrets-key-file does not have"));
  }
  const unsigned char* nonce = bytes_of(bytes);
  const size_t size = bytes.size() - kNonceSize - kTagSize;
  const std::string data = associated_data(place);
  std::string value(size, '\0');
  const CipherContext context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int length = 0;
  const bool opened =
      context != nullptr &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key->seals.data(), nonce) ==
          1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, bytes_of(std::string_view(data)),
                        static_cast<int>(data.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), bytes_of(value), &length, nonce + kNonceSize,
                        static_cast<int>(size)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize,
                          bytes_of(bytes) + kNonceSize + size) == 1 &&
      EVP_DecryptFinal_ex(context.get(), bytes_of(value) + size, &length) == 1;
  if (!opened) return absl::DataLossError("is not as it was sealed, or of another place");
  return value;
}

bool SecretKeys::has_key_of(std::string_view sealed) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const Key& key) {
    return sealed.starts_with(str_cat(kPrefix, key.id, ":"));
  });
}

bool SecretKeys::is_newest(std::string_view sealed) const {
  return sealed.starts_with(str_cat(kPrefix, keys_.front().id, ":"));
}

std::string SecretKeys::fingerprint(const SecretPlace& place, std::string_view value) const {
  const auto code =
      hmac(view_of(keys_.front().fingerprints), str_cat(associated_data(place), value));
  return absl::BytesToHexString(absl_view(view_of(code)));
}

absl::StatusOr<std::shared_ptr<const SecretKeys>> SecretKeyFile::refresh() {
  if (absl::Status s = check_owner_alone(path_); !s.ok()) return s;
  absl::StatusOr<std::string> text = read_file(path_, kMaxFileBytes);
  if (!text.ok()) return text.status();
  if (*text == text_) return nullptr;
  absl::StatusOr<SecretKeys> keys = SecretKeys::parse(*text);
  if (!keys.ok()) {
    return absl::Status(keys.status().code(),
                        str_cat(path_.string(), ": ", std_view(keys.status().message())));
  }
  text_ = *std::move(text);
  return std::make_shared<const SecretKeys>(*std::move(keys));
}

}  // namespace limpet
