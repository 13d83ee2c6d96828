#include "proxy/tls/ticket_keys.h"

#include <algorithm>
#include <string_view>

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include "core/base/secure_hash.h"

namespace limpet::tls {
namespace {

TicketKey derive(const RingKey& key) {
  const std::string_view secret(reinterpret_cast<const char*>(key.secret.data()),
                                key.secret.size());
  TicketKey derived;
  const Sha256 name = sha256_of_parts({"limpet TLS ticket name", secret});
  std::copy_n(name.begin(), derived.name.size(), derived.name.begin());
  derived.cipher = sha256_of_parts({"limpet TLS ticket cipher", secret});
  derived.mac = sha256_of_parts({"limpet TLS ticket mac", secret});
  return derived;
}

}  // namespace

TicketKeys::TicketKeys(const KeyRing& ring) {
  const RingKey* const minting = ring.minting();
  if (minting == nullptr) return;
  keys.push_back(derive(*minting));
  for (const RingKey& key : ring.keys) {
    if (&key != minting) keys.push_back(derive(key));
  }
}

int TicketKeys::prepare(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                        EVP_MAC_CTX* mac, bool seal) const {
  auto key = keys.begin();
  if (seal) {
    if (keys.empty() || RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return 0;
    std::copy(key->name.begin(), key->name.end(), name);
  } else {
    key = std::find_if(keys.begin(), keys.end(), [&](const TicketKey& candidate) {
      return std::equal(candidate.name.begin(), candidate.name.end(), name);
    });
    if (key == keys.end()) return 0;  // unknown: a full handshake
  }
  unsigned char* const secret = const_cast<unsigned char*>(key->mac.data());
  char digest[] = "sha256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret, key->mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (EVP_MAC_CTX_set_params(mac, parameters) != 1 ||
      EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv,
                        seal ? 1 : 0) != 1) {
    return -1;
  }
  // 2: the client gets another ticket, under the newest key. It uses each once (RFC 8446 C.4).
  return seal ? 1 : 2;
}

}  // namespace limpet::tls
