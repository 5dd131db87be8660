#include "cli/usage.h"
#include <algorithm>
#include <CLI/CLI.hpp>
#include <vector>
#include "base/near_words.h"

namespace cli {
namespace {

/// The known word that was probably meant; empty if none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& known) {
    auto near = base::nearWords(word, known, 1);
    return near.empty() ? std::string() : near.front();
}

std::vector<std::string> verbsOf(CLI::App& app) {
    std::vector<std::string> out;
    for (CLI::App* verb : app.get_subcommands([](CLI::App*) { return true; }))
        out.push_back(verb->get_name());
    return out;
}

/// "thongsuot task show".
std::string pathOf(const CLI::App& app) {
    if (app.get_parent() == nullptr) return app.get_name();
    return pathOf(*app.get_parent()) + " " + app.get_name();
}

/// "task show"; empty for the program itself.
std::string verbOf(const CLI::App& app) {
    if (app.get_parent() == nullptr) return {};
    std::string before = verbOf(*app.get_parent());
    return before.empty() ? app.get_name() : before + " " + app.get_name();
}

std::string unknownVerb(CLI::App& app, const std::string& word) {
    std::string before = verbOf(app).empty() ? "" : verbOf(app) + " ";
    std::string meant = nearest(word, verbsOf(app));
    std::string out = "There is no verb \"" + before + word + "\"";
    if (!meant.empty()) return out + "; did you mean \"" + before + meant + "\"?";
    return out + "; see " + pathOf(app) + " --help.";
}

/// Options of the verb itself and the global ones.
CLI::Option* findOption(CLI::App* app, const std::string& name) {
    for (; app != nullptr; app = app->get_parent()) {
        if (CLI::Option* option = app->get_option_no_throw(name)) return option;
    }
    return nullptr;
}

std::string unknownOption(CLI::App& app, const std::string& name) {
    std::vector<std::string> known;
    for (CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
        for (const CLI::Option* option : at->get_options()) {
            for (const std::string& word : option->get_lnames()) known.push_back("--" + word);
        }
    }
    std::string meant = name.starts_with("--") ? nearest(name, known) : std::string();
    std::string verb = verbOf(app);
    std::string out =
        "There is no option \"" + name + "\"" + (verb.empty() ? "" : " of \"" + verb + "\"");
    if (!meant.empty()) return out + "; did you mean " + meant + "?";
    return out + "; see " + pathOf(app) + " --help.";
}

std::string missingVerb(CLI::App& app) {
    std::string list;
    for (const std::string& verb : verbsOf(app)) list += (list.empty() ? "" : ", ") + verb;
    return "A verb is missing after \"" + pathOf(app) + "\": " + list + " (see " + pathOf(app) +
           " --help).";
}

}  // namespace

std::optional<std::string> unknownWord(CLI::App& app, std::span<const std::string> arguments) {
    CLI::App* current = &app;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (word == "--") return {};
        if (word.size() > 1 && word.front() == '-') {
            std::string name = word.substr(0, word.find('='));
            CLI::Option* option = findOption(current, name);
            if (option == nullptr) return unknownOption(*current, name);
            bool isFlag = option->get_items_expected_max() == 0;
            if (isFlag && (name == "--help" || name == "-h" || name == "--version")) return {};
            if (!isFlag && name == word) ++i;  // its value
            continue;
        }
        auto verbs = verbsOf(*current);
        if (verbs.empty()) continue;  // an argument of the verb
        if (std::find(verbs.begin(), verbs.end(), word) == verbs.end())
            return unknownVerb(*current, word);
        current = current->get_subcommand(word);
    }
    if (!verbsOf(*current).empty()) return missingVerb(*current);
    return {};
}

}  // namespace cli
