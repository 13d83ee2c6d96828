// What a process does about OpenSSL before anything else does.
#pragma once

namespace limpet {

// Leaves OpenSSL's global state alone when the process exits. By default an exit handler frees it,
// while threads that nobody can join (gRPC's pools detach theirs) still use it: what they then
// touch is gone, and what they hold for themselves is never freed (OPENSSL_INIT_NO_ATEXIT,
// OPENSSL_init_crypto(3)). To be called first in main().
void keep_openssl_past_exit();

}  // namespace limpet
