// The process's memory, as the system sees it.
#pragma once

namespace limpet {

// Gives pages on which everything was freed back to the system; the allocator keeps them otherwise,
// for as long as the process runs. For after work that is large and rare: it takes milliseconds for
// each 100 MiB, and holds up who allocates from the same arena. Not for threads that serve.
void release_freed_memory();

}  // namespace limpet
