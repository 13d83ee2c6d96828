#include "core/resource/label_selector.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"

namespace limpet {
namespace {

constexpr size_t kMaxRequirements = 100;
constexpr std::string_view kSigns = ",=!()";

bool is_space(char c) { return c == ' ' || c == '\t'; }

}  // namespace

// Reads words and signs from left to right; a word is what stands between spaces and signs.
class LabelSelector::Parser {
 public:
  using Operator = Requirement::Operator;

  explicit Parser(std::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<Requirement>> run() {
    std::vector<Requirement> requirements;
    skip_spaces();
    if (at_end()) return requirements;
    do {
      absl::StatusOr<Requirement> requirement = read_requirement();
      if (!requirement.ok()) return requirement.status();
      requirements.push_back(*std::move(requirement));
      if (requirements.size() > kMaxRequirements) {
        return wrong(str_cat("at most ", kMaxRequirements, " requirements"));
      }
    } while (take(","));
    if (!at_end()) return wrong("a comma, or the end");
    return requirements;
  }

 private:
  absl::StatusOr<Requirement> read_requirement() {
    Requirement requirement;
    if (take("!")) requirement.op = Operator::kAbsent;
    requirement.key = take_word();
    if (requirement.key.empty()) return wrong("the key of a label");
    if (requirement.op == Operator::kAbsent || at_end() || peek() == ',') return requirement;
    if (take("!=")) return read_value(std::move(requirement), Operator::kNoneOf);
    if (take("==") || take("=")) return read_value(std::move(requirement), Operator::kOneOf);
    const std::string word = take_word();
    if (word == "in") return read_set(std::move(requirement), Operator::kOneOf);
    if (word == "notin") return read_set(std::move(requirement), Operator::kNoneOf);
    return wrong("one of =, ==, !=, in and notin");
  }

  // An empty value is one, too.
  Requirement read_value(Requirement requirement, Operator op) {
    requirement.op = op;
    requirement.values.push_back(take_word());
    return requirement;
  }

  absl::StatusOr<Requirement> read_set(Requirement requirement, Operator op) {
    requirement.op = op;
    if (!take("(")) return wrong("( and values");
    do {
      requirement.values.push_back(take_word());
    } while (take(","));
    if (!take(")")) return wrong(") behind the values");
    return requirement;
  }

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return text_[at_]; }

  void skip_spaces() {
    while (!at_end() && is_space(peek())) ++at_;
  }

  bool take(std::string_view sign) {
    if (text_.substr(at_, sign.size()) != sign) return false;
    at_ += sign.size();
    skip_spaces();
    return true;
  }

  std::string take_word() {
    const size_t begin = at_;
    while (!at_end() && !is_space(peek()) && kSigns.find(peek()) == std::string_view::npos) ++at_;
    std::string word(text_.substr(begin, at_ - begin));
    skip_spaces();
    return word;
  }

  absl::Status wrong(std::string_view expected) const {
    return absl::InvalidArgumentError(str_cat("the label selector \"", text_, "\" needs ", expected,
                                              " at character ", at_ + 1));
  }

  std::string_view text_;
  size_t at_ = 0;
};

absl::StatusOr<LabelSelector> LabelSelector::parse(std::string_view text) {
  absl::StatusOr<std::vector<Requirement>> requirements = Parser(text).run();
  if (!requirements.ok()) return requirements.status();
  LabelSelector selector;
  selector.requirements_ = *std::move(requirements);
  return selector;
}

bool LabelSelector::holds(const Requirement& requirement,
                          const google::protobuf::Map<std::string, std::string>& labels) {
  const auto label = labels.find(requirement.key);
  const bool there = label != labels.end();
  const bool listed = there && std::ranges::find(requirement.values, label->second) !=
                                   requirement.values.end();
  switch (requirement.op) {
    case Requirement::Operator::kExists:
      return there;
    case Requirement::Operator::kAbsent:
      return !there;
    case Requirement::Operator::kOneOf:
      return listed;
    case Requirement::Operator::kNoneOf:
      return !listed;
  }
  return false;
}

bool LabelSelector::selects(const google::protobuf::Map<std::string, std::string>& labels) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    return holds(requirement, labels);
  });
}

}  // namespace limpet
