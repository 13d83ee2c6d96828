#pragma once

#include <cstddef>

namespace limpet {

// Lets the process open as many files and sockets as its hard limit allows. The soft limit is
// usually 1,024, for the sake of programs that use select(); ours do not.
void raise_descriptor_limit();

// How many it may open now.
size_t descriptor_limit();

}  // namespace limpet
