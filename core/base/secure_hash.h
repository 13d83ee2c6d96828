// SHA-256, for identities that must be the same on every node and that nobody can forge a
// collision for.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace limpet {

using Sha256 = std::array<unsigned char, 32>;

// Over the parts, each behind its length as eight bytes, least significant first.
Sha256 sha256_of_parts(std::initializer_list<std::string_view> parts);

// The first eight bytes of sha256_of_parts(), least significant first. Never 0, which stands for
// "none" where such ids are kept.
uint64_t id64_of_parts(std::initializer_list<std::string_view> parts);

}  // namespace limpet
