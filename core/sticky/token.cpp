#include "core/sticky/token.h"

#include <algorithm>
#include <cstring>
#include <new>

#include <absl/strings/escaping.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "core/base/secure_hash.h"
#include "core/base/text.h"
#include "core/sticky/session_name.h"

namespace limpet {
namespace {

constexpr unsigned char kVersion = 0xA1;
constexpr unsigned char kLastFutureVersion = 0xA3;
constexpr size_t kHeaderSize = 1 + 4 + 4;
constexpr size_t kNonceSize = 12;
constexpr size_t kTagSize = 16;
constexpr size_t kOverhead = kHeaderSize + kNonceSize + kTagSize;
constexpr size_t kRecordHead = 8 + 1;
constexpr size_t kMinTokenChars = (kOverhead + kRecordHead) * 8 / 6 + 1;  // 368 bits
constexpr size_t kBindingSize = 42;
constexpr size_t kTemporarySize = 8;
constexpr size_t kMaxTokenBytes = kMaxTokenChars * 3 / 4;
constexpr size_t kMaxRecord = kMaxTokenBytes - kOverhead;
static_assert(kRecordHead + SessionRecord::kMaxBindings * kBindingSize <= kMaxRecord);

template <size_t size>
void put(unsigned char*& to, uint64_t value) {
  for (size_t i = 0; i < size; ++i) *to++ = static_cast<unsigned char>(value >> (8 * i));
}

template <size_t size>
uint64_t take(const unsigned char*& from) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value |= static_cast<uint64_t>(*from++) << (8 * i);
  return value;
}

size_t encoded_size(const Binding& binding) {
  return kBindingSize + (binding.temporary != 0 ? kTemporarySize : 0);
}

// Returns the number of bytes written to `out`, which has room for kMaxRecord.
size_t encode_record(const SessionRecord& record, unsigned char* out) {
  std::span<const Binding> bindings = record.bindings();
  size_t size = kRecordHead;
  for (const Binding& binding : bindings) size += encoded_size(binding);
  while (size > kMaxRecord) {
    size -= encoded_size(bindings.front());
    bindings = bindings.subspan(1);
  }
  unsigned char* to = out;
  put<8>(to, record.session_id());
  unsigned temporaries = 0;
  for (size_t i = 0; i < bindings.size(); ++i) {
    if (bindings[i].temporary != 0) temporaries |= 1U << i;
  }
  put<1>(to, temporaries);
  for (const Binding& binding : bindings) {
    put<8>(to, binding.scope);
    put<8>(to, binding.backend);
    put<8>(to, binding.endpoint);
    put<4>(to, binding.created_unix_s);
    put<4>(to, binding.last_seen_unix_s);
    put<5>(to, binding.decided_at.epoch_created);
    put<5>(to, binding.decided_at.revision);
    if (binding.temporary != 0) put<8>(to, binding.temporary);
  }
  return size;
}

// False when the bytes, although sealed by us, do not make a record.
bool decode_record(const unsigned char* from, size_t size, SessionRecord& record) {
  if (size < kRecordHead) return false;
  const unsigned char* const end = from + size;
  record = SessionRecord(take<8>(from));
  const uint64_t temporaries = take<1>(from);
  for (unsigned i = 0; from != end; ++i) {
    const bool temporary = (temporaries >> i & 1U) != 0;
    const size_t need = kBindingSize + (temporary ? kTemporarySize : 0);
    if (i == SessionRecord::kMaxBindings || static_cast<size_t>(end - from) < need) return false;
    Binding binding;
    binding.scope = take<8>(from);
    binding.backend = take<8>(from);
    binding.endpoint = take<8>(from);
    binding.created_unix_s = static_cast<uint32_t>(take<4>(from));
    binding.last_seen_unix_s = static_cast<uint32_t>(take<4>(from));
    binding.decided_at.epoch_created = take<5>(from);
    binding.decided_at.revision = take<5>(from);
    if (temporary) binding.temporary = take<8>(from);
    record.put(binding);
  }
  return true;
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

// HKDF-SHA256 with the node's number in the info.
std::array<unsigned char, 32> derive_node_key(const RingKey& key, uint32_t node_number) {
  static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(EVP_KDF_CTX_new(kdf),
                                                                          EVP_KDF_CTX_free);
  unsigned char info[15];
  std::memcpy(info, "limpet node", 11);
  unsigned char* to = info + 11;
  put<4>(to, node_number);
  char digest[] = "SHA256";
  auto* secret = const_cast<unsigned char*>(key.secret.data());
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, key.secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof(info)),
      OSSL_PARAM_construct_end()};
  std::array<unsigned char, 32> derived;
  if (!context || EVP_KDF_derive(context.get(), derived.data(), derived.size(), params) != 1) {
    throw std::bad_alloc();
  }
  return derived;
}

// The additional data, for either direction. In one piece: each costs a call into the provider.
bool add_label(EVP_CIPHER_CTX* context, const unsigned char* header, TokenPurpose purpose,
               std::string_view cookie_name) {
  if (cookie_name.size() > kMaxSessionName) return false;
  unsigned char data[kHeaderSize + 1 + kMaxSessionName];
  std::memcpy(data, header, kHeaderSize);
  data[kHeaderSize] = static_cast<unsigned char>(purpose);
  std::memcpy(data + kHeaderSize + 1, cookie_name.data(), cookie_name.size());
  const auto size = static_cast<int>(kHeaderSize + 1 + cookie_name.size());
  int length = 0;
  return EVP_CipherUpdate(context, nullptr, &length, data, size) == 1;
}

bool is_base64url(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

bool has_token_form(std::string_view text) {
  if (text.size() < kMinTokenChars || text.size() > kMaxTokenChars) return false;
  if (text.size() % 4 == 1) return false;  // no number of bytes makes that
  std::string first;
  if (!absl::WebSafeBase64Unescape(absl_view(text.substr(0, 4)), &first)) return false;
  const auto version = static_cast<unsigned char>(first[0]);
  return version >= kVersion && version <= kLastFutureVersion &&
         std::all_of(text.begin(), text.end(), is_base64url);
}

struct TokenCodec::Ciphers {
  RingKey key;
  uint32_t node_number = 0;
  CipherContext seal{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
  CipherContext open{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
};

TokenCodec::TokenCodec(uint32_t node_number, FillRandom fill_random)
    : node_number_(node_number), fill_random_(std::move(fill_random)) {}
TokenCodec::~TokenCodec() = default;

TokenCodec::Ciphers& TokenCodec::ciphers_for(const RingKey& key, uint32_t node_number) {
  std::unique_ptr<Ciphers>& cached = cache_[(key.id ^ node_number) % kCachedCiphers];
  if (cached && cached->node_number == node_number && cached->key == key) return *cached;
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  auto fresh = std::make_unique<Ciphers>();
  fresh->key = key;
  fresh->node_number = node_number;
  std::array<unsigned char, 32> derived = derive_node_key(key, node_number);
  const bool ready =
      EVP_EncryptInit_ex2(fresh->seal.get(), cipher, derived.data(), nullptr, nullptr) == 1 &&
      EVP_DecryptInit_ex2(fresh->open.get(), cipher, derived.data(), nullptr, nullptr) == 1;
  OPENSSL_cleanse(derived.data(), derived.size());
  if (!ready) throw std::bad_alloc();
  cached = std::move(fresh);
  return *cached;
}

std::span<const unsigned char> TokenCodec::take_random(size_t size) {
  if (random_used_ + size > random_.size()) {
    fill_random_(random_);
    random_used_ = 0;
  }
  const std::span<const unsigned char> bytes(random_.data() + random_used_, size);
  random_used_ += size;
  return bytes;
}

uint64_t TokenCodec::new_session_id() {
  uint64_t id = 0;
  while (id == 0) std::memcpy(&id, take_random(sizeof(id)).data(), sizeof(id));
  return id;
}

std::string TokenCodec::seal(const SessionRecord& record, const KeyRing& ring,
                             TokenPurpose purpose, std::string_view cookie_name) {
  const RingKey* key = ring.minting();
  if (key == nullptr) return {};
  unsigned char plain[kMaxRecord];
  const size_t size = encode_record(record, plain);
  unsigned char token[kMaxTokenBytes];
  unsigned char* to = token;
  put<1>(to, kVersion);
  put<4>(to, key->id);
  put<4>(to, node_number_);
  const std::span<const unsigned char> nonce = take_random(kNonceSize);
  std::memcpy(to, nonce.data(), kNonceSize);
  to += kNonceSize;

  EVP_CIPHER_CTX* context = ciphers_for(*key, node_number_).seal.get();
  int length = 0;
  const bool sealed =
      EVP_EncryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) == 1 &&
      add_label(context, token, purpose, cookie_name) &&
      EVP_EncryptUpdate(context, to, &length, plain, static_cast<int>(size)) == 1 &&
      EVP_EncryptFinal_ex(context, to + size, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, to + size) == 1;
  if (!sealed) return {};
  return absl::WebSafeBase64Escape(
      absl::string_view(reinterpret_cast<const char*>(token), kOverhead + size));
}

OpenResult TokenCodec::open(std::string_view text, const KeyRing& ring, TokenPurpose purpose,
                            std::string_view cookie_name) {
  const RingKey* key = nullptr;
  return open_with(text, ring, purpose, cookie_name, key);
}

OpenResult TokenCodec::open(std::string_view text, const KeyRing& ring, TokenPurpose purpose,
                            std::string_view cookie_name, std::unique_ptr<TokenMemo>& memo) {
  if (memo != nullptr && memo->text == text && memo->purpose == purpose &&
      memo->cookie_name == cookie_name) {
    const RingKey* const key = ring.find(memo->key.id);
    if (key != nullptr && *key == memo->key) return {OpenStatus::kOk, memo->record};
  }
  const RingKey* key = nullptr;
  OpenResult result = open_with(text, ring, purpose, cookie_name, key);
  if (result.status != OpenStatus::kOk) return result;
  if (memo == nullptr) memo = std::make_unique<TokenMemo>();
  memo->text = text;
  memo->purpose = purpose;
  memo->cookie_name = cookie_name;
  memo->key = *key;
  memo->record = result.record;
  return result;
}

OpenResult TokenCodec::open_with(std::string_view text, const KeyRing& ring, TokenPurpose purpose,
                                 std::string_view cookie_name, const RingKey*& key) {
  OpenResult result;
  std::string token;
  if (text.size() > kMaxTokenChars || !absl::WebSafeBase64Unescape(absl_view(text), &token) ||
      token.size() <= kOverhead) {
    return result;
  }
  auto* const bytes = reinterpret_cast<unsigned char*>(token.data());
  const unsigned char* from = bytes;
  const uint64_t version = take<1>(from);
  if (version < kVersion || version > kLastFutureVersion) return result;
  const auto key_id = static_cast<uint32_t>(take<4>(from));
  const auto node_number = static_cast<uint32_t>(take<4>(from));
  key = ring.find(key_id);
  if (version != kVersion || key == nullptr) {
    const bool ahead = version != kVersion || key_id > ring.newest_id();
    result.status = ahead ? OpenStatus::kAhead : OpenStatus::kKeyLost;
    return result;
  }
  const unsigned char* nonce = from;
  const unsigned char* sealed = nonce + kNonceSize;
  const size_t size = token.size() - kOverhead;

  EVP_CIPHER_CTX* context = ciphers_for(*key, node_number).open.get();
  unsigned char plain[kMaxTokenBytes];
  int length = 0;
  const bool opened =
      EVP_DecryptInit_ex2(context, nullptr, nullptr, nonce, nullptr) == 1 &&
      add_label(context, bytes, purpose, cookie_name) &&
      EVP_DecryptUpdate(context, plain, &length, sealed, static_cast<int>(size)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize,
                          bytes + token.size() - kTagSize) == 1 &&
      EVP_DecryptFinal_ex(context, plain + size, &length) == 1;
  result.status = opened && decode_record(plain, size, result.record) ? OpenStatus::kOk
                                                                      : OpenStatus::kTampered;
  return result;
}

uint32_t node_number_of(std::string_view node_id) {
  return static_cast<uint32_t>(id64_of_parts({"limpet node number", node_id}));
}

}  // namespace limpet
