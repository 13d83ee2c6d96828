// The keys of session tickets (RFC 5077, RFC 8446 §4.6.1), made of those that seal session tokens:
// the same on every node, so that a client resumes its TLS session wherever it lands, and changed
// with them. A key that still opens tokens still opens tickets.
#pragma once

#include <array>
#include <vector>

#include <openssl/ssl.h>

#include "core/sticky/key_ring.h"

namespace limpet::tls {

struct TicketKey {
  std::array<unsigned char, 16> name{};  // in the ticket
  std::array<unsigned char, 32> cipher{};
  std::array<unsigned char, 32> mac{};

  friend bool operator==(const TicketKey&, const TicketKey&) = default;
};

struct TicketKeys {
  explicit TicketKeys(const KeyRing& ring);

  std::vector<TicketKey> keys;  // the one that seals first; empty: no tickets

  // OpenSSL's callback (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)) with these keys.
  int prepare(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
              bool seal) const;
};

}  // namespace limpet::tls
