// gwctl context: which cluster the other verbs speak to, by name.
#include <filesystem>
#include <ostream>

#include "cli/commands/context_file.h"
#include "cli/commands/session.h"
#include "cli/output/table.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

constexpr char kListExamples[] = "  gwctl context list\n";
constexpr char kSetExamples[] =
    "  gwctl context set prod --server gateway.example.org:7700 --tls-ca pki/ca.crt \\\n"
    "    --tls-identity pki/user-alice.pem\n"
    "  gwctl context set ci --server gateway.example.org:7700 --tls-ca pki/ca.crt \\\n"
    "    --token-file ci.token\n";
constexpr char kUseExamples[] = "  gwctl context use prod\n";
constexpr char kDeleteExamples[] = "  gwctl context delete prod\n";

struct ContextOptions {
  std::string name;
};

// The file is read from wherever gwctl is called.
std::string absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

template <typename Change>
int change_contexts(const Session& session, Change change) {
  absl::StatusOr<Contexts> contexts = read_contexts(session.environment);
  if (!contexts.ok()) return session.fail(kUsage, std::string(contexts.status().message()));
  const int code = change(*contexts);
  if (code != kOk) return code;
  const absl::Status written = write_contexts(session.environment, *contexts);
  return written.ok() ? kOk : session.fail(kFailed, std::string(written.message()));
}

int run_list(const Session& session, const ContextOptions&) {
  const absl::StatusOr<Contexts> contexts = read_contexts(session.environment);
  if (!contexts.ok()) return session.fail(kUsage, std::string(contexts.status().message()));
  if (contexts->all.empty()) {
    session.err() << "No contexts; \"gwctl context set NAME --server HOST:PORT\" makes one.\n";
    return kOk;
  }
  Table table({"CURRENT", "NAME", "SERVER", "TLS-CA", "TLS-IDENTITY", "TOKEN-FILE"});
  for (const auto& [name, connection] : contexts->all) {
    table.add({name == contexts->current ? "*" : " ", name, connection.server, connection.tls.ca,
               connection.tls.identity, connection.token_file});
  }
  session.out() << table.to_string(session.layout());
  return kOk;
}

// What the command line gives: its own flags are the connection's.
int run_set(const Session& session, const ContextOptions& options) {
  return change_contexts(session, [&](Contexts& contexts) -> int {
    Connection& kept = contexts.put(options.name).connection;
    const Connection& given = session.given;
    if (!given.server.empty()) kept.server = given.server;
    if (!given.tls.ca.empty()) kept.tls.ca = absolute(given.tls.ca);
    if (!given.tls.identity.empty()) {
      kept.tls.identity = absolute(given.tls.identity);
      kept.token_file.clear();  // would count before it
    }
    if (!given.token_file.empty()) kept.token_file = absolute(given.token_file);
    if (contexts.current.empty()) contexts.current = options.name;
    session.out() << "context " << options.name << " set\n";
    return kOk;
  });
}

int run_use(const Session& session, const ContextOptions& options) {
  return change_contexts(session, [&](Contexts& contexts) -> int {
    if (contexts.find(options.name) == nullptr) {
      return session.fail(kNotFound, str_cat("there is no context ", options.name));
    }
    contexts.current = options.name;
    session.out() << "context " << options.name << " is used from now on\n";
    return kOk;
  });
}

int run_delete(const Session& session, const ContextOptions& options) {
  return change_contexts(session, [&](Contexts& contexts) -> int {
    if (!contexts.remove(options.name)) {
      return session.fail(kNotFound, str_cat("there is no context ", options.name));
    }
    session.out() << "context " << options.name << " deleted\n";
    return kOk;
  });
}

}  // namespace

void add_context(CLI::App& app, Session& session) {
  const auto options = std::make_shared<ContextOptions>();
  CLI::App* context =
      app.add_subcommand("context", "Keep how clusters are reached, and choose one");
  context->require_subcommand(1);
  context->footer(str_cat("Examples:\n", kListExamples, kSetExamples, kUseExamples));
  add_verb(*context, session, "list", "Show what is kept", kListExamples, options, run_list);
  const auto add = [&](const char* name, const char* help, const char* examples,
                       int (*run)(const Session&, const ContextOptions&)) {
    CLI::App* verb = add_verb(*context, session, name, help, examples, options, run);
    verb->add_option("name", options->name, "Of the context")->required();
  };
  add("set", "Keep the flags --server, --tls-ca, --tls-identity and --token-file", kSetExamples,
      run_set);
  add("use", "Use it where no flag says otherwise", kUseExamples, run_use);
  add("delete", "Forget it", kDeleteExamples, run_delete);
}

}  // namespace limpet::cli
