// gwctl apply: creates or changes objects, all or none.
#include <ostream>
#include <string_view>

#include "cli/commands/activation.h"
#include "cli/commands/manifest_input.h"
#include "cli/output/columns.h"
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
    "  gwctl apply -f route.yaml --wait --timeout 30s\n";

struct ApplyOptions {
  std::vector<std::string> files;
  std::string default_namespace;
  WaitOptions wait;
};

std::string_view outcome_text(v1::ObjectResult::Outcome outcome) {
  switch (outcome) {
    case v1::ObjectResult::CREATED:
      return "created";
    case v1::ObjectResult::CONFIGURED:
      return "configured";
    case v1::ObjectResult::UNCHANGED:
      return "unchanged";
    default:
      return "applied";
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
  const auto response = session.connect()->apply(request);
  if (!response.ok()) return report_refusal(session, response.status(), manifest);
  for (const v1::ObjectResult& result : response->results()) {
    const KindInfo* kind = find_kind(result.key().kind());
    session.out() << (kind == nullptr ? result.key().kind() : kind_label(*kind)) << "/"
                  << result.key().name() << " " << outcome_text(result.outcome()) << "\n";
  }
  session.out().flush();
  if (!options.wait.wait) return kOk;
  return wait_until_active(session, response->state().revision(), options.wait);
}

}  // namespace

void add_apply(CLI::App& app, Session& session) {
  const auto options = std::make_shared<ApplyOptions>();
  CLI::App* verb = add_verb(app, session, "apply", "Create or change objects, all or none",
                            kExamples, options, run_apply);
  add_file_flag(*verb, options->files)->required();
  verb->add_option("-n,--namespace", options->default_namespace,
                   "Namespace of objects that name none");
  add_wait_flags(*verb, options->wait);
}

}  // namespace limpet::cli
