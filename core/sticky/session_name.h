#pragma once

#include <cstddef>

namespace limpet {

// Of a cookie or field that has a session's token, in bytes. The name is sealed with the token, in
// room of that size: a longer one gets no token, and is refused where policies name it.
inline constexpr size_t kMaxSessionName = 128;

}  // namespace limpet
