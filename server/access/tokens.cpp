#include "server/access/tokens.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/base/text.h"
#include "core/resource/object.h"
#include "limpet/v1/access.pb.h"
#include "runtime/data_dir.h"

namespace limpet {
namespace {

constexpr uint64_t kMaxFileBytes = 64 * 1024 * 1024;
constexpr size_t kMaxNameLength = 63;

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= kMaxNameLength &&
         std::ranges::all_of(name, [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '.';
         });
}

absl::StatusOr<Grants> grants_of(const v1::TokenInfo& info) {
  std::vector<Grant> grants;
  for (const std::string& text : info.grants()) {
    absl::StatusOr<Grant> grant = parse_grant(text);
    if (!grant.ok()) return grant.status();
    grants.push_back(*std::move(grant));
  }
  if (grants.empty()) return absl::InvalidArgumentError("a token needs a grant at least");
  return Grants(std::move(grants));
}

bool expired(const v1::TokenInfo& info, int64_t now_unix_ms) {
  return info.expires_unix_ms() != 0 && info.expires_unix_ms() <= now_unix_ms;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Tokens>> Tokens::open(std::filesystem::path file) {
  const absl::StatusOr<std::string> bytes = read_file(file, kMaxFileBytes);
  if (!bytes.ok() && !absl::IsNotFound(bytes.status())) return bytes.status();
  v1::TokenFile kept;
  if (bytes.ok() && !kept.ParseFromString(*bytes)) {
    return absl::DataLossError(str_cat(file.string(), " cannot be read; without it (move it away) ",
                                       "every token is worth nothing"));
  }
  Map tokens;
  for (v1::TokenFile::Token& token : *kept.mutable_tokens()) {
    absl::StatusOr<Grants> grants = grants_of(token.info());
    if (!grants.ok()) return absl::DataLossError(str_cat(file.string(), " has a wrong grant"));
    const std::string name = token.info().name();
    tokens.emplace(name, Token{std::move(*token.mutable_info()),
                               std::move(*token.mutable_secret_hash()), *std::move(grants)});
  }
  return std::unique_ptr<Tokens>(new Tokens(std::move(file), std::move(tokens)));
}

absl::Status Tokens::keep(Map next) {
  v1::TokenFile file;
  for (const auto& [name, token] : next) {
    v1::TokenFile::Token& kept = *file.add_tokens();
    *kept.mutable_info() = token.info;
    kept.set_secret_hash(token.secret_hash);
  }
  if (absl::Status s = write_file_atomically(file_, serialize(file), 0600); !s.ok()) return s;
  const std::lock_guard lock(mutex_);
  tokens_ = std::move(next);
  return absl::OkStatus();
}

Tokens::Map Tokens::copy() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}

absl::StatusOr<v1::CreateTokenResponse> Tokens::create(const v1::CreateTokenRequest& request,
                                                       std::span<const unsigned char> secret,
                                                       int64_t now_unix_ms) {
  v1::CreateTokenResponse response;
  v1::TokenInfo& info = *response.mutable_info();
  info.set_name(request.name());
  *info.mutable_grants() = request.grants();
  info.set_created_unix_ms(now_unix_ms);
  if (request.expires_in_s() != 0) {
    info.set_expires_unix_ms(now_unix_ms + int64_t{request.expires_in_s()} * 1000);
  }
  if (!is_name(request.name())) {
    return absl::InvalidArgumentError(str_cat("a token's name must be of 1 to ", kMaxNameLength,
                                              " letters, digits, '-' and '.'"));
  }
  absl::StatusOr<Grants> grants = grants_of(info);
  if (!grants.ok()) return grants.status();
  response.set_token(to_text(request.name(), secret));
  const std::string hash = hash_of_secret(parse_token(response.token())->secret);

  const std::lock_guard changing(changes_);
  Map next = copy();
  if (next.contains(request.name()) && !request.replace()) {
    return absl::AlreadyExistsError(str_cat("there is a token ", request.name(), " already"));
  }
  next[request.name()] = Token{info, hash, *std::move(grants)};
  if (next.size() > kMaxTokens) {
    return absl::ResourceExhaustedError(str_cat("there are ", kMaxTokens, " tokens already"));
  }
  if (absl::Status s = keep(std::move(next)); !s.ok()) return s;
  return response;
}

absl::Status Tokens::revoke(const std::string& name) {
  const std::lock_guard changing(changes_);
  Map next = copy();
  if (next.erase(name) == 0) return absl::NotFoundError(str_cat("there is no token ", name));
  return keep(std::move(next));
}

v1::ListTokensResponse Tokens::list() const {
  const std::lock_guard lock(mutex_);
  v1::ListTokensResponse response;
  for (const auto& [name, token] : tokens_) *response.add_tokens() = token.info;
  return response;
}

absl::StatusOr<Caller> Tokens::caller_of(const TokenText& token, int64_t now_unix_ms) const {
  const std::string hash = hash_of_secret(token.secret);
  const std::lock_guard lock(mutex_);
  const auto found = tokens_.find(token.name);
  if (found == tokens_.end() || !same_hash(found->second.secret_hash, hash)) {
    return absl::UnauthenticatedError("the token is not known here; it may have been revoked");
  }
  if (expired(found->second.info, now_unix_ms)) {
    return absl::UnauthenticatedError(str_cat("the token ", token.name, " has expired"));
  }
  Caller caller;
  caller.name = str_cat("token:", token.name);
  caller.grants = found->second.grants;
  return caller;
}

}  // namespace limpet
