// gwctl validate: what a server would say to manifests, without a server.
#include <ostream>

#include "cli/commands/manifest_input.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  gwctl validate -f route.yaml\n"
    "  gwctl validate -f examples/session-sticky/ -f more.yaml\n"
    "  kubectl get httproutes -A -o yaml | gwctl validate -f -\n";

struct ValidateOptions {
  std::vector<std::string> files;
  std::string default_namespace;
};

int run_validate(const Session& session, const ValidateOptions& options) {
  Manifest manifest;
  if (int code = load_manifest(session, options.files, options.default_namespace,
                               ManifestUse::kApply, manifest, "");
      code != kOk) {
    return code;
  }
  const size_t count = manifest.objects.size();
  session.out() << count << (count == 1 ? " object is valid\n" : " objects are valid\n");
  return kOk;
}

}  // namespace

void add_validate(CLI::App& app, Session& session) {
  const auto options = std::make_shared<ValidateOptions>();
  CLI::App* verb =
      add_verb(app, session, "validate", "Check manifests as the server would; asks no server",
               kExamples, options, run_validate);
  add_file_flag(*verb, options->files)->required();
  verb->add_option("-n,--namespace", options->default_namespace,
                   "Namespace of objects that name none");
}

}  // namespace limpet::cli
