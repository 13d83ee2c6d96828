// gwctl delete: removes objects, all or none.
#include <ostream>

#include "cli/commands/change.h"
#include "cli/commands/manifest_input.h"
#include "cli/commands/resource_args.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  gwctl delete httproute fortio-route -n server\n"
    "  gwctl delete gateway/simple-fsm-gateway service/pipy -n server\n"
    "  # What a manifest names; what is not there is passed over\n"
    "  gwctl delete -f examples/session-sticky/ --ignore-not-found\n";

struct DeleteOptions {
  std::vector<std::string> words;
  std::vector<std::string> files;
  std::string ns;
  bool ignore_not_found = false;
  ChangeFlags change;
};

// The keys from -f, or from the words.
int collect_keys(const Session& session, const DeleteOptions& options,
                 std::vector<EntryKey>& keys) {
  if (options.files.empty() == options.words.empty()) {
    return session.fail(kUsage, "delete takes either KIND NAME... or -f FILE");
  }
  if (!options.files.empty()) {
    Manifest manifest;
    const int code =
        load_manifest(session, options.files, options.ns, ManifestUse::kNames, manifest);
    for (const ManifestObject& object : manifest.objects) keys.push_back(key_of(object.resource));
    return code;
  }
  const std::string ns = options.ns.empty() ? kDefaultNamespace : options.ns;
  absl::StatusOr<ResourceArgs> args = parse_resource_args(options.words, ns);
  if (!args.ok()) return session.fail(kUsage, std::string(args.status().message()));
  if (args->keys.empty()) {
    return session.fail(kUsage,
                        str_cat("which ", args->kinds[0]->plural, "? delete takes KIND NAME..."));
  }
  keys = std::move(args->keys);
  return kOk;
}

int run_delete(const Session& session, const DeleteOptions& options) {
  std::vector<EntryKey> keys;
  if (int code = collect_keys(session, options, keys); code != kOk) return code;
  v1::DeleteRequest request;
  request.set_ignore_not_found(options.ignore_not_found);
  for (const EntryKey& key : keys) {
    v1::EntryKey& added = *request.add_keys();
    added.set_kind(key.kind);
    added.set_namespace_(key.ns);
    added.set_name(key.name);
  }
  *request.mutable_options() = options_of(options.change);
  const auto response = session.connect()->remove(request);
  if (!response.ok()) return session.fail(response.status());
  return finish_change(session, response->results(), response->state(), options.change);
}

}  // namespace

void add_delete(CLI::App& app, Session& session) {
  const auto options = std::make_shared<DeleteOptions>();
  CLI::App* verb = add_verb(app, session, "delete", "Delete objects, all or none", kExamples,
                            options, run_delete);
  verb->add_option("resource", options->words, "KIND NAME... or KIND/NAME...");
  add_file_flag(*verb, options->files);
  verb->add_option("-n,--namespace", options->ns, "Namespace of the objects (default: default)");
  verb->add_flag("--ignore-not-found", options->ignore_not_found,
                 "What is not there counts as deleted");
  add_change_flags(*verb, options->change);
}

}  // namespace limpet::cli
