// gwctl session explain: what stands in a session's token, and what its next request meets.
#include <istream>
#include <ostream>

#include "cli/commands/sessions.h"
#include "cli/output/session_text.h"
#include "core/base/text.h"
#include "manifest/document.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  # The cookie's value from standard input: command lines are visible to others\n"
    "  gwctl session explain -\n"
    "  # As it stands in a request\n"
    "  gwctl session explain _srv_id=odgIBGvi7TReaGjw...\n"
    "  # Of a cookie that no policy names any more\n"
    "  gwctl session explain --name _old_id -\n"
    "  gwctl session explain -o json -\n"
    "\nExit code 0: the token opens, 1: it does not, more than 1: an error.";

struct ExplainOptions {
  std::string token;
  std::string name;
  std::string output;
};

int run_session_explain(const Session& session, const ExplainOptions& options) {
  v1::ExplainSessionRequest request;
  request.set_token(options.token);
  request.set_name(options.name);
  if (options.token == "-") std::getline(session.environment.in, *request.mutable_token());
  const auto response = session.connect()->explain_session(request);
  if (!response.ok()) {
    const int code = session.fail(response.status());
    return code == kFailed ? static_cast<int>(kUnreachable) : code;
  }
  if (options.output == "yaml") {
    session.out() << to_yaml(to_document(*response, Unset::kShow));
  } else if (options.output == "json") {
    session.out() << to_json(to_document(*response, Unset::kShow));
  } else {
    session.out() << session_text(*response, session.environment.now());
  }
  const std::string_view why = unopened_text(response->status());
  return why.empty() ? kOk : session.fail(kFailed, str_cat("the token does not open: ", why));
}

}  // namespace

void add_session_explain(CLI::App& sessions, Session& session) {
  const auto options = std::make_shared<ExplainOptions>();
  CLI::App* verb =
      add_verb(sessions, session, "explain",
               "Tell where a session lives, and what each node would do with its next request",
               kExamples, options, run_session_explain);
  verb->add_option("token", options->token,
                   "The cookie's value, or NAME=VALUE; - reads it from standard input")
      ->required();
  verb->add_option("--name", options->name,
                   "Of the cookie or header field (default: all that policies name)");
  verb->add_option("-o,--output", options->output, "yaml or json")
      ->check(CLI::IsMember({"yaml", "json"}));
}

}  // namespace limpet::cli
