// Bearer tokens: "lmp_NAME_SECRET", the secret being 256 random bits in hexadecimal digits. What is
// kept is the secret's SHA-256: it has so much entropy that a slow hash would add nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace limpet {

inline constexpr size_t kTokenSecretBytes = 32;

struct TokenText {
  std::string name;
  std::string secret;  // hexadecimal
};

std::string to_text(std::string_view name, std::span<const unsigned char> secret);
// Nothing: not a token. Costs in proportion to the text; names may have underscores.
std::optional<TokenText> parse_token(std::string_view text);

// 32 bytes. What is compared is compared in constant time.
std::string hash_of_secret(std::string_view hexadecimal);
bool same_hash(std::string_view a, std::string_view b);

}  // namespace limpet
