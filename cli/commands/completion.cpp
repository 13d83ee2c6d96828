// gwctl completion: scripts by which a shell asks gwctl itself what may come next, so that there is
// one list of verbs and flags. And what they ask: gwctl __complete WORD...
#include <algorithm>
#include <ostream>

#include "cli/commands/candidates.h"
#include "cli/commands/context_file.h"
#include "cli/commands/hidden_verbs.h"
#include "cli/commands/session.h"
#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/resource/object.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  # In ~/.bashrc\n"
    "  source <(gwctl completion bash)\n"
    "  # In ~/.zshrc, behind compinit\n"
    "  source <(gwctl completion zsh)\n";

constexpr char kBash[] = R"(# bash completion of gwctl: source <(gwctl completion bash)
_gwctl() {
  local IFS=$'\n'
  COMPREPLY=($("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _gwctl gwctl
)";

constexpr char kZsh[] = R"(#compdef gwctl
# zsh completion of gwctl: source <(gwctl completion zsh)
_gwctl() {
  local -a candidates
  candidates=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "${candidates[1]}" ]]; then
    compadd -a candidates
  else
    _files
  fi
}
if [[ "${funcstack[1]}" == _gwctl ]]; then
  _gwctl "$@"
else
  compdef _gwctl gwctl
fi
)";

struct CompletionOptions {
  std::string shell;
};

int run_completion(const Session& session, const CompletionOptions& options) {
  session.out() << (options.shell == "zsh" ? kZsh : kBash);
  return kOk;
}

using Names = std::vector<std::string>;

constexpr uint32_t kMaxNames = 500;  // a page; nobody reads more

Names object_names(Management& server, const KindInfo& kind, const std::string& ns) {
  v1::ListRequest request;
  request.set_kind(std::string(kind.kind));
  request.set_limit(kMaxNames);
  if (kind.namespaced) request.set_namespace_(ns.empty() ? "default" : ns);
  Names names;
  const auto response = server.list(request);
  if (!response.ok()) return names;
  for (const v1::Resource& resource : response->resources()) {
    names.push_back(key_of(resource).name);
  }
  return names;
}

Names asked_of(Management& server, const Candidates& candidates) {
  Names names;
  if (candidates.ask == Candidates::Ask::kNodes) {
    const auto response = server.list_nodes();
    if (!response.ok()) return names;
    for (const v1::NodeStatus& node : response->nodes()) names.push_back(node.node_id());
    return names;
  }
  const bool namespaces = candidates.ask == Candidates::Ask::kNamespaces;
  const KindInfo* kind =
      namespaces ? find_kind("Namespace") : find_kind_by_any_name(candidates.kind);
  if (kind == nullptr) return names;
  for (const std::string& name : object_names(server, *kind, candidates.ns)) {
    names.push_back(candidates.prefix + name);
  }
  return names;
}

}  // namespace

void add_completion(CLI::App& app, Session& session) {
  const auto options = std::make_shared<CompletionOptions>();
  CLI::App* verb =
      add_verb(app, session, "completion", "Print a script that completes gwctl's command lines",
               kExamples, options, run_completion);
  verb->add_option("shell", options->shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
}

int run_complete(CLI::App& app, Session& session, const std::vector<std::string>& words) {
  constexpr absl::Duration kPatience = absl::Milliseconds(700);  // of a person who pressed Tab
  Candidates candidates = candidates_for(app, words);
  if (candidates.ask != Candidates::Ask::kNothing) {
    std::vector<std::string> given = connection_words(app, words);
    std::reverse(given.begin(), given.end());  // as CLI11 wants them
    app.require_subcommand(0);
    try {
      app.parse(std::move(given));
      auto connection = complete(session.environment, session.given, session.context);
      if (connection.ok()) {
        connection->call_timeout = kPatience;
        const auto server = session.environment.connect(*connection);
        for (std::string& name : asked_of(*server, candidates)) {
          candidates.fixed.push_back(std::move(name));
        }
      }
    } catch (const CLI::ParseError&) {
      // The line is not finished: then the server is not asked.
    }
  }
  const std::string typed = words.empty() ? "" : words.back();
  for (const std::string& candidate : candidates.fixed) {
    const bool named = std::find(words.begin(), words.end(), candidate) != words.end();
    if (candidate.starts_with(typed) && (!named || candidate == typed)) {
      session.out() << candidate << "\n";
    }
  }
  session.out().flush();
  return kOk;
}

}  // namespace limpet::cli
