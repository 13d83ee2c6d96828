// gwctl diff: what an apply would change, or what was changed between two revisions.
#include <ostream>

#include "cli/commands/manifest_input.h"
#include "cli/commands/object_diff.h"
#include "core/base/text.h"
#include "core/resource/object.h"
#include "core/snapshot/wire.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  # What `gwctl apply -f` would change\n"
    "  gwctl diff -f examples/session-sticky/\n"
    "  # What was changed since revision 12, and between two revisions\n"
    "  gwctl diff --from 12\n"
    "  gwctl diff --from 12 --to 14\n"
    "\nExit code 0: no difference, 1: there is one, more than 1: an error.";

struct DiffOptions {
  std::vector<std::string> files;
  std::string default_namespace;
  uint64_t from = 0;
  uint64_t to = 0;
  bool has_from = false;
};

// Here 1 says that there is a difference.
int error_code(int code) { return code == kFailed ? static_cast<int>(kUnreachable) : code; }

// The object that is stored under the key of `wanted`; null when there is none.
absl::StatusOr<std::unique_ptr<v1::Resource>> stored(Management& server,
                                                     const v1::Resource& wanted) {
  v1::GetRequest request;
  *request.mutable_key() = to_proto(key_of(wanted));
  auto response = server.get(request);
  if (absl::IsNotFound(response.status())) return nullptr;
  if (!response.ok()) return response.status();
  return std::make_unique<v1::Resource>(std::move(*response->mutable_resource()));
}

int diff_manifest(const Session& session, const DiffOptions& options) {
  Manifest manifest;
  if (int code = load_manifest(session, options.files, options.default_namespace,
                               ManifestUse::kApply, manifest, "");
      code != kOk) {
    return code;
  }
  const std::unique_ptr<Management> server = session.connect();
  const DiffSides sides{"stored", "manifest", session.environment.color};
  int result = kOk;
  for (ManifestObject& object : manifest.objects) {
    clear_server_owned(*object_of(object.resource));
    const auto before = stored(*server, object.resource);
    if (!before.ok()) return error_code(session.fail(before.status()));
    const std::string text = object_diff(before->get(), &object.resource, sides);
    if (!text.empty()) result = kFailed;
    session.out() << text;
  }
  return result;
}

int diff_revisions(const Session& session, const DiffOptions& options) {
  v1::DiffRequest request;
  request.set_from(options.from);
  request.set_to(options.to);
  const auto response = session.connect()->diff(request);
  if (!response.ok()) return error_code(session.fail(response.status()));
  const DiffSides sides{str_cat("revision ", response->from()),
                        str_cat("revision ", response->to()), session.environment.color};
  // A change may be of what the server alone writes: then there is nothing to show.
  int result = kOk;
  for (const v1::DiffResponse::Change& change : response->changes()) {
    const std::string text = object_diff(change.has_before() ? &change.before() : nullptr,
                                         change.has_after() ? &change.after() : nullptr, sides);
    if (!text.empty()) result = kFailed;
    session.out() << text;
  }
  return result;
}

int run_diff(const Session& session, const DiffOptions& options) {
  if (options.files.empty() != options.has_from) {
    return session.fail(kUsage, "diff takes either -f FILE or --from REVISION");
  }
  return options.has_from ? diff_revisions(session, options) : diff_manifest(session, options);
}

}  // namespace

void add_diff(CLI::App& app, Session& session) {
  const auto options = std::make_shared<DiffOptions>();
  CLI::App* verb =
      add_verb(app, session, "diff", "Show what an apply would change, or how two revisions differ",
               kExamples, options, run_diff);
  add_file_flag(*verb, options->files);
  verb->add_option("-n,--namespace", options->default_namespace,
                   "Namespace of objects that name none");
  CLI::Option* from = verb->add_option_function<uint64_t>(
      "--from",
      [options = options.get()](uint64_t revision) {
        options->from = revision;
        options->has_from = true;
      },
      "Revision to compare with");
  verb->add_option("--to", options->to, "Revision to compare (default: the newest)")->needs(from);
}

}  // namespace limpet::cli
