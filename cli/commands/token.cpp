// gwctl token: what programs without a certificate show who they are with.
#include <ostream>

#include "cli/commands/session.h"
#include "cli/output/columns.h"
#include "cli/output/table.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

constexpr char kCreateExamples[] =
    "  # The token is shown once, and kept nowhere\n"
    "  gwctl token create ci --role editor -n shop --expires 720h > ci.token\n"
    "  # A new secret in its place; the former one is worth nothing from then on\n"
    "  gwctl token create ci --role editor -n shop --replace > ci.token\n";
constexpr char kListExamples[] = "  gwctl token list\n";
constexpr char kRevokeExamples[] = "  gwctl token revoke ci\n";

struct TokenOptions {
  std::string name;
  std::string role;
  std::vector<std::string> namespaces;
  std::string expires;
  bool replace = false;
};

int run_create(const Session& session, const TokenOptions& options) {
  v1::CreateTokenRequest request;
  request.set_name(options.name);
  request.set_replace(options.replace);
  if (options.namespaces.empty()) request.add_grants(options.role);
  for (const std::string& ns : options.namespaces) {
    request.add_grants(str_cat(options.role, "@", ns));
  }
  absl::Duration expires;
  if (!options.expires.empty()) {
    if (!absl::ParseDuration(options.expires, &expires) || expires < absl::Seconds(1) ||
        expires > absl::Seconds(UINT32_MAX)) {
      return session.fail(kUsage, "--expires must be a duration such as 24h or 90m");
    }
    request.set_expires_in_s(static_cast<uint32_t>(absl::ToInt64Seconds(expires)));
  }
  const auto response = session.connect()->create_token(request);
  if (!response.ok()) return session.fail(response.status());
  session.out() << response->token() << "\n";
  session.err() << "This is the only time that the token is shown.\n";
  return kOk;
}

int run_list(const Session& session, const TokenOptions&) {
  const auto response = session.connect()->list_tokens();
  if (!response.ok()) return session.fail(response.status());
  if (response->tokens().empty()) {
    session.err() << "No token was handed out.\n";
    return kOk;
  }
  const absl::Time now = session.environment.now();
  Table table({"NAME", "GRANTS", "AGE", "EXPIRES-IN"});
  for (const v1::TokenInfo& token : response->tokens()) {
    const int64_t expires = token.expires_unix_ms();
    const bool over = expires != 0 && absl::FromUnixMillis(expires) <= now;
    table.add({token.name(), join(token.grants(), ","),
               age(absl::FromUnixMillis(token.created_unix_ms()), now),
               expires == 0 ? "never"
               : over       ? "expired"
                            : age(now, absl::FromUnixMillis(expires))});
  }
  session.out() << table.to_string(session.layout());
  return kOk;
}

int run_revoke(const Session& session, const TokenOptions& options) {
  v1::RevokeTokenRequest request;
  request.set_name(options.name);
  const auto response = session.connect()->revoke_token(request);
  if (!response.ok()) return session.fail(response.status());
  session.out() << "token/" << options.name << " revoked\n";
  return kOk;
}

}  // namespace

void add_token(CLI::App& app, Session& session) {
  const auto options = std::make_shared<TokenOptions>();
  CLI::App* token = app.add_subcommand("token", "Hand out, show and revoke bearer tokens");
  token->require_subcommand(1);
  token->footer(str_cat("Examples:\n", kCreateExamples, kListExamples, kRevokeExamples));
  CLI::App* create = add_verb(*token, session, "create", "Hand out a token", kCreateExamples,
                              options, run_create);
  create->add_option("name", options->name, "Who it is, as the audit tells")->required();
  create->add_option("--role", options->role, "viewer, editor or admin")
      ->required()
      ->check(CLI::IsMember({"viewer", "editor", "admin"}));
  create->add_option("-n,--namespace", options->namespaces, "Where (default: everywhere)");
  create->add_option("--expires", options->expires, "After a duration (default: never)");
  create->add_flag("--replace", options->replace, "In place of the token of that name");
  add_verb(*token, session, "list", "Show the tokens, without their secrets", kListExamples,
           options, run_list);
  CLI::App* revoke = add_verb(*token, session, "revoke", "Make a token worth nothing",
                              kRevokeExamples, options, run_revoke);
  revoke->add_option("name", options->name, "Of the token")->required();
}

}  // namespace limpet::cli
