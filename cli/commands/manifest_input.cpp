#include "cli/commands/manifest_input.h"

#include <ostream>

#include <absl/strings/numbers.h>

#include "core/base/text.h"

namespace limpet::cli {
namespace {

int report(const Session& session, const std::vector<Problem>& problems,
           std::string_view consequence) {
  for (const Problem& problem : problems) session.err() << to_string(problem) << "\n";
  return session.fail(
      kRejected,
      str_cat(problems.size(), problems.size() == 1 ? " problem" : " problems", consequence));
}

// "resources[3].spec.x" -> 3 and "spec.x". False for any other path.
bool split_resource_field(std::string_view field, size_t& index, std::string& rest) {
  constexpr std::string_view kPrefix = "resources[";
  const size_t close = field.find(']');
  if (!field.starts_with(kPrefix) || close == std::string_view::npos) return false;
  const std::string_view digits = field.substr(kPrefix.size(), close - kPrefix.size());
  if (!absl::SimpleAtoi(absl_view(digits), &index)) return false;
  field.remove_prefix(close + 1);
  if (field.starts_with('.')) field.remove_prefix(1);
  rest = std::string(field);
  return true;
}

}  // namespace

CLI::Option* add_file_flag(CLI::App& verb, std::vector<std::string>& files) {
  return verb
      .add_option("-f,--filename", files,
                  "File, directory or - for standard input; may be given several times")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

int load_manifest(const Session& session, const std::vector<std::string>& files,
                  const std::string& default_namespace, ManifestUse use, Manifest& manifest,
                  std::string_view consequence) {
  const auto sources = read_source_files(files, session.environment.in);
  if (!sources.ok()) return session.fail(kUsage, std::string(sources.status().message()));
  manifest = read_manifest(*sources, default_namespace, use);
  if (!manifest.problems.empty()) return report(session, manifest.problems, consequence);
  if (manifest.objects.empty()) {
    return session.fail(kUsage, str_cat("no objects in ", join(files, ", ")));
  }
  return kOk;
}

int load_objects(const Session& session, const std::vector<std::string>& files,
                 const std::string& default_namespace, std::vector<v1::Resource>& objects) {
  if (files.empty()) return kOk;
  Manifest manifest;
  const int code =
      load_manifest(session, files, default_namespace, ManifestUse::kApply, manifest, "");
  for (ManifestObject& object : manifest.objects) objects.push_back(std::move(object.resource));
  return code;
}

int report_refusal(const Session& session, const absl::Status& status, const Manifest& manifest) {
  std::vector<Problem> problems;
  for (const FieldViolation& violation : violations_of(status)) {
    size_t index = 0;
    std::string field;
    if (split_resource_field(violation.field, index, field) && index < manifest.objects.size()) {
      problems.push_back(
          manifest.objects[index].problem_at(std::move(field), violation.description));
    } else {
      session.err() << violation.field << ": " << violation.description << "\n";
    }
  }
  return problems.empty() ? session.fail(status) : report(session, problems, kNothingChanged);
}

}  // namespace limpet::cli
