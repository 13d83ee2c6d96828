#include "core/base/secure_hash.h"

#include <cstring>
#include <memory>
#include <new>

namespace limpet {

Sha256 sha256_of_parts(std::initializer_list<std::string_view> parts) {
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), EVP_MD_CTX_free);
  // Fetched once: looking the algorithm up by name for each hash costs more than the hash.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (!context || algorithm == nullptr) throw std::bad_alloc();
  EVP_DigestInit_ex2(context.get(), algorithm, nullptr);
  for (std::string_view part : parts) {
    unsigned char length[8];
    for (size_t i = 0; i < sizeof(length); ++i) {
      length[i] = static_cast<unsigned char>(static_cast<uint64_t>(part.size()) >> (8 * i));
    }
    EVP_DigestUpdate(context.get(), length, sizeof(length));
    EVP_DigestUpdate(context.get(), part.data(), part.size());
  }
  Sha256 hash;
  EVP_DigestFinal_ex(context.get(), hash.data(), nullptr);
  return hash;
}

uint64_t id64_of_parts(std::initializer_list<std::string_view> parts) {
  const Sha256 hash = sha256_of_parts(parts);
  uint64_t id = 0;
  std::memcpy(&id, hash.data(), sizeof(id));
  return id == 0 ? 1 : id;
}

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();
  }
}

void Sha256Stream::add(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

Sha256 Sha256Stream::finish() {
  Sha256 hash;
  EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr);
  return hash;
}

}  // namespace limpet
