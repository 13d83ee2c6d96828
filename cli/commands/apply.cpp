// gwctl apply: creates or changes objects, all or none.
#include <ostream>

#include <absl/strings/str_split.h>

#include "cli/commands/change.h"
#include "cli/commands/manifest_input.h"
#include "core/base/text.h"
#include "core/resource/object.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  # A file, a directory's *.yaml, *.yml and *.json files, standard input\n"
    "  gwctl apply -f route.yaml\n"
    "  gwctl apply -f examples/session-sticky/ -f more.yaml\n"
    "  kubectl get httproutes -o yaml | gwctl apply -f -\n"
    "  # Return when every connected node serves it\n"
    "  gwctl apply -f route.yaml --wait --timeout 30s\n"
    "  # What it would do; then only if nobody changed anything since revision 12\n"
    "  gwctl apply -f route.yaml --dry-run=server\n"
    "  gwctl apply -f route.yaml --expected-revision 12 -m 'shop: new path'\n"
    "  # A directory is all there is of team shop: what is no longer in it is deleted\n"
    "  gwctl apply -f shop/ --prune -l team=shop\n";

struct ApplyOptions {
  std::vector<std::string> files;
  std::string default_namespace;
  bool prune = false;
  std::string labels;  // key=value,...
  ChangeFlags change;
};

// key=value,key=value
int read_labels(const Session& session, const std::string& text,
                google::protobuf::Map<std::string, std::string>& labels) {
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(text, ','))) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == word.size()) {
      return session.fail(kUsage, str_cat("-l: \"", word, "\" must be KEY=VALUE"));
    }
    if (!labels.try_emplace(word.substr(0, equals), word.substr(equals + 1)).second) {
      return session.fail(kUsage, str_cat("-l: ", word.substr(0, equals), " is given twice"));
    }
  }
  return kOk;
}

// An object without the labels would be created now, and never be pruned again.
void warn_unlabelled(const Session& session, const v1::ApplyRequest& request) {
  for (const v1::Resource& resource : request.resources()) {
    const auto& labels = metadata_of(*object_of(resource)).labels();
    for (const auto& [key, value] : request.prune_labels()) {
      const auto found = labels.find(key);
      if (found != labels.end() && found->second == value) continue;
      session.err() << "warning: " << to_string(key_of(resource)) << " does not have the label "
                    << key << "=" << value << " and will not be pruned later\n";
      break;
    }
  }
}

int run_apply(const Session& session, const ApplyOptions& options) {
  Manifest manifest;
  if (int code = load_manifest(session, options.files, options.default_namespace,
                               ManifestUse::kApply, manifest);
      code != kOk) {
    return code;
  }
  v1::ApplyRequest request;
  for (const ManifestObject& object : manifest.objects) {
    *request.add_resources() = object.resource;
  }
  if (options.prune) {
    const int code = read_labels(session, options.labels, *request.mutable_prune_labels());
    if (code != kOk) return code;
    warn_unlabelled(session, request);
  }
  *request.mutable_options() = options_of(options.change);
  const auto response = session.connect()->apply(request);
  if (!response.ok()) return report_refusal(session, response.status(), manifest);
  return finish_change(session, response->results(), response->state(), options.change);
}

}  // namespace

void add_apply(CLI::App& app, Session& session) {
  const auto options = std::make_shared<ApplyOptions>();
  CLI::App* verb = add_verb(app, session, "apply", "Create or change objects, all or none",
                            kExamples, options, run_apply);
  add_file_flag(*verb, options->files)->required();
  verb->add_option("-n,--namespace", options->default_namespace,
                   "Namespace of objects that name none");
  CLI::Option* labels = verb->add_option("-l,--selector", options->labels,
                                         "KEY=VALUE,...: the labels of what --prune may delete");
  CLI::Option* prune =
      verb->add_flag("--prune", options->prune,
                     "Delete, in the same transaction, what has the labels of -l and is not in -f");
  prune->needs(labels);
  labels->needs(prune);
  add_change_flags(*verb, options->change);
}

}  // namespace limpet::cli
