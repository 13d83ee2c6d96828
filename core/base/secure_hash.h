// SHA-256, for identities that must be the same on every node and that nobody can forge a
// collision for.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>

#include <openssl/evp.h>

namespace limpet {

using Sha256 = std::array<unsigned char, 32>;

// Over the parts, each behind its length as eight bytes, least significant first.
Sha256 sha256_of_parts(std::initializer_list<std::string_view> parts);

// The first eight bytes of sha256_of_parts(), least significant first. Never 0, which stands for
// "none" where such ids are kept.
uint64_t id64_of_parts(std::initializer_list<std::string_view> parts);

// Plain SHA-256 of bytes that come in pieces: what sha256sum tells of a file.
class Sha256Stream {
 public:
  Sha256Stream();
  void add(std::string_view bytes);
  // Requires: called once, and nothing is added after it.
  Sha256 finish();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace limpet
