#include "runtime/openssl.h"

#include <openssl/crypto.h>

namespace limpet {

void keep_openssl_past_exit() { OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr); }

}  // namespace limpet
