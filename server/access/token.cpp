#include "server/access/token.h"

#include <algorithm>

#include <absl/strings/escaping.h>
#include <openssl/crypto.h>

#include "core/base/secure_hash.h"
#include "core/base/text.h"

namespace limpet {
namespace {

constexpr std::string_view kPrefix = "lmp_";
constexpr size_t kSecretDigits = 2 * kTokenSecretBytes;

bool is_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string to_text(std::string_view name, std::span<const unsigned char> secret) {
  return str_cat(kPrefix, name, "_",
                 absl::BytesToHexString(absl::string_view(
                     reinterpret_cast<const char*>(secret.data()), secret.size())));
}

std::optional<TokenText> parse_token(std::string_view text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  if (text.size() < kSecretDigits + 2) return std::nullopt;
  const size_t underscore = text.size() - kSecretDigits - 1;
  const std::string_view secret = text.substr(underscore + 1);
  if (text[underscore] != '_' || !std::ranges::all_of(secret, is_digit)) return std::nullopt;
  return TokenText{std::string(text.substr(0, underscore)), std::string(secret)};
}

std::string hash_of_secret(std::string_view hexadecimal) {
  const Sha256 hash = sha256_of_parts({"limpet token", hexadecimal});
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

bool same_hash(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace limpet
