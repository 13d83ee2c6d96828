// The session token: what stands in the cookie. Sealed, so that it is opaque to clients, cannot be
// forged or altered, and is read by every node that has the key ring.
//
// Format (before base64url without padding, RFC 4648 §5; integers least significant byte first):
//
//   1   version              0xA1; 0xA2 and 0xA3 are kept for versions to come
//   4   key id               which key of the ring
//   4   node number          which node sealed it
//   12  nonce                random
//   n   sealed record        AES-256-GCM
//   16  tag
//
// The sealed record:
//
//   8   session id
//   1   temporaries          bit i: binding i has a temporary endpoint
//   then per binding, oldest first, 42 or 50 bytes:
//   8   scope    8 backend    8 endpoint    4 created    4 last seen (Unix seconds)
//   5   epoch's creation (Epoch::created)   5 revision
//   8   temporary endpoint, where its bit is set
//
// Eight bindings without temporaries make 510 characters; kMaxTokenChars holds by dropping the
// oldest bindings.
//
// Threat model. The client holds the token and may alter, replay, swap and share it at will; it
// must learn nothing of endpoints and must not choose one.
//  - Additional data of the seal are the first nine bytes and a label (purpose and cookie name):
//    a token does not open as another cookie's, another node's or another version's.
//  - Node n seals with HKDF-SHA256(ring key, "limpet node" | n), so that no two nodes ever use one
//    key, and random nonces stay far below the 2^32 messages at which they could collide
//    (NIST SP 800-38D §8.3), given the ring's rotation.
//  - Replay is what a session cookie is for; a shared token shares the session's endpoint only.
//  - Times and state stand inside the seal: an expired binding cannot be revived.
//  - Which key and node sealed a token is visible; neither tells where a session lives.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/sticky/key_ring.h"
#include "core/sticky/session_record.h"

namespace limpet {

inline constexpr size_t kMaxTokenChars = 512;

// Part of the label under which a token is sealed.
enum class TokenPurpose : uint8_t { kCookie = 'c', kHeader = 'h', kLearned = 'l' };

// Whether the text looks like a token of this version or of one to come; it need not open. So a
// token is told from what an application says in the same value.
bool has_token_form(std::string_view text);

enum class OpenStatus {
  kOk,
  kMalformed,  // not a token of any version
  kAhead,      // of a version or key newer than any that this node has
  kKeyLost,    // its key is older than the newest and no longer there
  kTampered,   // the seal does not hold
};

struct OpenResult {
  OpenStatus status = OpenStatus::kMalformed;
  SessionRecord record;  // with kOk
};

// The token that a client has shown last, and what it said: most send the same one with each
// request of a connection. What is decided by it is decided anew each time.
struct TokenMemo {
  std::string text;  // empty: none
  TokenPurpose purpose{};
  std::string cookie_name;
  RingKey key;
  SessionRecord record;
};

// Seals and opens, with the ciphers of recently used keys kept warm. Not thread safe: one per
// worker.
class TokenCodec {
 public:
  using FillRandom = std::function<void(std::span<unsigned char>)>;

  // `node_number` should differ from every other node's. `fill_random` must be fit for nonces.
  TokenCodec(uint32_t node_number, FillRandom fill_random);
  ~TokenCodec();
  TokenCodec(const TokenCodec&) = delete;
  TokenCodec& operator=(const TokenCodec&) = delete;

  // The token's text; empty when the ring has no key that mints.
  std::string seal(const SessionRecord& record, const KeyRing& ring, TokenPurpose purpose,
                   std::string_view cookie_name);
  OpenResult open(std::string_view text, const KeyRing& ring, TokenPurpose purpose,
                  std::string_view cookie_name);
  // The same, without opening a token again that `memo` has; made where it is null. Only what
  // opens is kept.
  OpenResult open(std::string_view text, const KeyRing& ring, TokenPurpose purpose,
                  std::string_view cookie_name, std::unique_ptr<TokenMemo>& memo);

  // 64 random bits, never 0.
  uint64_t new_session_id();

 private:
  struct Ciphers;
  // Bounds the memory that tokens with made-up node numbers can claim. A miss costs one HKDF.
  static constexpr size_t kCachedCiphers = 64;
  static constexpr size_t kRandomBytes = 4096;

  // `key` is set to the ring's that the token is sealed with, with kOk.
  OpenResult open_with(std::string_view text, const KeyRing& ring, TokenPurpose purpose,
                       std::string_view cookie_name, const RingKey*& key);
  Ciphers& ciphers_for(const RingKey& key, uint32_t node_number);
  std::span<const unsigned char> take_random(size_t size);

  const uint32_t node_number_;
  const FillRandom fill_random_;
  std::array<std::unique_ptr<Ciphers>, kCachedCiphers> cache_;
  std::array<unsigned char, kRandomBytes> random_;
  size_t random_used_ = kRandomBytes;
};

// The number under which a node seals: from its id, so that it needs no other party.
uint32_t node_number_of(std::string_view node_id);

}  // namespace limpet
