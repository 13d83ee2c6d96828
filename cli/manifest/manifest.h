// Manifests: Kubernetes-shaped YAML, read and checked as a whole, with every problem told at once
// and at its place.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/manifest/source_files.h"
#include "cli/yaml/yaml_tree.h"
#include "limpet/v1/resource.pb.h"

namespace limpet::cli {

// Something wrong in a manifest, for a person who has the file open.
struct Problem {
  std::string file;
  YamlMark mark;
  std::string object;  // "HTTPRoute server/fortio-route"; "" outside of any object
  std::string field;   // "spec.rules[0].name"; "" for the object as a whole
  std::string message;
};

// "FILE:LINE:COLUMN: OBJECT: FIELD: MESSAGE"
std::string to_string(const Problem& problem);

// An object and where it was written.
struct ManifestObject {
  v1::Resource resource;
  std::string file;
  std::shared_ptr<const YamlDocument> document;  // owns `node`
  const YamlNode* node = nullptr;

  // About a field of this object, at the field's line.
  Problem problem_at(std::string field, std::string message) const;
};

struct Manifest {
  std::vector<ManifestObject> objects;  // with problems: those without any
  std::vector<Problem> problems;        // in the order of files and lines
};

enum class ManifestUse {
  kApply,  // everything must be right
  kNames,  // only what names the objects matters: to delete them
};

// `default_namespace` is given to objects that need a namespace and have none; empty leaves them
// as they are.
Manifest read_manifest(std::span<const SourceFile> files, std::string_view default_namespace,
                       ManifestUse use);

}  // namespace limpet::cli
