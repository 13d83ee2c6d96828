#include "cli/commands/output_format.h"

#include <fstream>
#include <utility>

#include <absl/strings/str_split.h>

#include "cli/jsonpath/evaluate.h"
#include "cli/jsonpath/parser.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

absl::Status invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

absl::StatusOr<std::string> file_text(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) return invalid(str_cat("cannot read ", name));
  std::string text(jsonpath::kMaxTemplateBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return invalid(str_cat("cannot read ", name));
  text.resize(static_cast<size_t>(file.gcount()));
  return text;  // what is longer is too long for the parser, too
}

absl::Status add_column(std::string header, const std::string& path,
                        std::vector<CustomColumn>& columns) {
  absl::StatusOr<jsonpath::Path> parsed = jsonpath::parse_path(path);
  if (!parsed.ok()) {
    return invalid(
        str_cat("column ", header, ": \"", path, "\": ", std_view(parsed.status().message())));
  }
  columns.push_back({std::move(header), *std::move(parsed)});
  return absl::OkStatus();
}

// HEADER:PATH,HEADER:PATH: at commas that are in no brackets and no quotes.
std::vector<std::string> split_columns(std::string_view text) {
  std::vector<std::string> words(1);
  int depth = 0;
  char quote = '\0';
  for (const char c : text) {
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '(') {
      ++depth;
    } else if (c == ']' || c == ')') {
      --depth;
    } else if (c == ',' && depth == 0) {
      words.emplace_back();
      continue;
    }
    words.back() += c;
  }
  return words;
}

absl::StatusOr<OutputFormat> custom_columns(const std::string& text) {
  OutputFormat format{OutputFormat::Kind::kColumns, {}, {}};
  for (const std::string& word : split_columns(text)) {
    const size_t colon = word.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == word.size()) {
      return invalid(str_cat("custom-columns: \"", word, "\" must be HEADER:PATH, such as ",
                             "NAME:.metadata.name"));
    }
    absl::Status added = add_column(word.substr(0, colon), word.substr(colon + 1), format.columns);
    if (!added.ok()) return added;
  }
  return format;
}

// A line of headers, and one of paths below them.
absl::StatusOr<OutputFormat> columns_file(const std::string& name) {
  const absl::StatusOr<std::string> text = file_text(name);
  if (!text.ok()) return text.status();
  const std::vector<std::string> lines = absl::StrSplit(*text, '\n', absl::SkipWhitespace());
  const auto words = [&](size_t line) -> std::vector<std::string> {
    if (line >= lines.size()) return {};
    return absl::StrSplit(lines[line], absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
  };
  const std::vector<std::string> headers = words(0);
  const std::vector<std::string> paths = words(1);
  if (lines.size() != 2 || headers.size() != paths.size()) {
    return invalid(str_cat(name, " must be a line of headers, and below it one of as many paths"));
  }
  OutputFormat format{OutputFormat::Kind::kColumns, {}, {}};
  for (size_t i = 0; i < headers.size(); ++i) {
    absl::Status added = add_column(headers[i], paths[i], format.columns);
    if (!added.ok()) return added;
  }
  return format;
}

absl::StatusOr<OutputFormat> jsonpath_template(std::string_view where, const std::string& text) {
  absl::StatusOr<std::vector<jsonpath::Part>> parts = jsonpath::parse_template(text);
  if (!parts.ok()) return invalid(str_cat(where, ": ", std_view(parts.status().message())));
  return OutputFormat{OutputFormat::Kind::kTemplate, {}, *std::move(parts)};
}

absl::StatusOr<OutputFormat> with_value(const std::string& name, const std::string& value) {
  if (name == "custom-columns") return custom_columns(value);
  if (name == "custom-columns-file") return columns_file(value);
  if (name == "jsonpath") return jsonpath_template(name, value);
  const absl::StatusOr<std::string> text = file_text(value);
  if (!text.ok()) return text.status();
  return jsonpath_template(value, *text);
}

}  // namespace

absl::StatusOr<OutputFormat> parse_output(std::string text) {
  using Kind = OutputFormat::Kind;
  if (text.starts_with('=')) text.erase(0, 1);  // -o=json, as kubectl takes it
  static constexpr std::pair<std::string_view, Kind> kPlain[] = {{"", Kind::kTable},
                                                                 {"wide", Kind::kWide},
                                                                 {"yaml", Kind::kYaml},
                                                                 {"json", Kind::kJson},
                                                                 {"name", Kind::kName}};
  for (const auto& [name, kind] : kPlain) {
    if (text == name) return OutputFormat{kind, {}, {}};
  }
  const size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  for (const std::string_view known :
       {"custom-columns", "custom-columns-file", "jsonpath", "jsonpath-file"}) {
    if (name != known) continue;
    if (equals != std::string::npos && equals + 1 < text.size()) {
      return with_value(name, text.substr(equals + 1));
    }
    return invalid(str_cat("-o ", name, " needs a value: -o ", name, "=..."));
  }
  return invalid(str_cat("-o: \"", text,
                         "\" must be wide, yaml, json, name, custom-columns=HEADER:PATH,..., "
                         "custom-columns-file=FILE, jsonpath=TEMPLATE or jsonpath-file=FILE"));
}

absl::StatusOr<Table> columns_table(const std::vector<CustomColumn>& columns,
                                    const std::vector<DocumentNode>& objects) {
  std::vector<std::string> header;
  for (const CustomColumn& column : columns) header.push_back(column.header);
  Table table(std::move(header));
  for (const DocumentNode& object : objects) {
    std::vector<std::string> cells;
    for (const CustomColumn& column : columns) {
      const absl::StatusOr<jsonpath::Nodes> nodes = jsonpath::find(column.path, object);
      if (!nodes.ok()) return nodes.status();
      std::vector<std::string> texts;
      for (const DocumentNode* node : *nodes) texts.push_back(jsonpath::text_of(*node));
      cells.push_back(join(texts, ","));
    }
    table.add(std::move(cells));
  }
  return table;
}

}  // namespace limpet::cli
