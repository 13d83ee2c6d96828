// The bearer tokens that were handed out, in a file of their own beside the database: a restored
// backup must not bring back what was revoked, and a backup has no secrets' hashes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "limpet/v1/management.pb.h"
#include "server/access/caller.h"
#include "server/access/token.h"

namespace limpet {

// Thread-safe. A change is on the disk when it returns; the file holds hashes, and its mode is
// 0600.
class Tokens {
 public:
  static constexpr size_t kMaxTokens = 10'000;

  // DATA_LOSS: the file is there and cannot be read; to begin without it would refuse everybody.
  static absl::StatusOr<std::unique_ptr<Tokens>> open(std::filesystem::path file);

  // INVALID_ARGUMENT: the name, a grant or the expiry. ALREADY_EXISTS, unless it is to replace the
  // token of that name; its former secret is then worth nothing. The answer is the only place where
  // the secret is ever told.
  absl::StatusOr<v1::CreateTokenResponse> create(const v1::CreateTokenRequest& request,
                                                 std::span<const unsigned char> secret,
                                                 int64_t now_unix_ms);
  // NOT_FOUND.
  absl::Status revoke(const std::string& name);
  v1::ListTokensResponse list() const;

  // UNAUTHENTICATED: unknown, revoked or replaced, or expired.
  absl::StatusOr<Caller> caller_of(const TokenText& token, int64_t now_unix_ms) const;

 private:
  struct Token {
    v1::TokenInfo info;
    std::string secret_hash;
    Grants grants;
  };
  using Map = std::map<std::string, Token>;

  Tokens(std::filesystem::path file, Map tokens)
      : file_(std::move(file)), tokens_(std::move(tokens)) {}

  Map copy() const;
  // Requires: the changes' lock is held. Then `next` is what is kept.
  absl::Status keep(Map next);

  const std::filesystem::path file_;
  // Held while the file is written; who only asks does not wait for that.
  std::mutex changes_;
  mutable std::mutex mutex_;
  Map tokens_;  // guarded by it
};

}  // namespace limpet
