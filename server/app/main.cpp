// thongsuot-server: keeps the ledgers of one province, puts what arrives in order and signs it.

#include <sys/stat.h>
#include <csignal>

#include <CLI/CLI.hpp>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "app/bad_days.h"
#include "app/run.h"
#include "app/verbs.h"
#include "store/process.h"

namespace {

using app::Format;

constexpr const char* kAbout =
    "The server of Thông Suốt: it keeps the ledgers of one province, puts what arrives in order "
    "and signs it.\n\n"
    "First `init` makes the data folder with the server's keys, then `run` serves it (usually as "
    "a system service), and `health` tells how it is. `backup` copies it while it runs.";

/// The verbs of bad_days.h.
struct BadDays {
    std::string out;
    std::string from;
    std::string key;
    bool isYes = false;
    CLI::App* backup = nullptr;
    CLI::App* restore = nullptr;
    CLI::App* resume = nullptr;
    CLI::App* newEpoch = nullptr;
    CLI::App* confirmClock = nullptr;
    CLI::App* listQuarantine = nullptr;
};

struct CommandLine {
    CLI::App app{kAbout, "thongsuot-server"};
    bool isJson = false;
    bool isCheck = false;
    std::string data;
    std::string publicAddress;
    std::string listen;
    std::string log;
    CLI::App* init = nullptr;
    CLI::App* run = nullptr;
    CLI::App* rotateKey = nullptr;
    CLI::App* health = nullptr;
    BadDays badDays;

    CommandLine();
    CLI::App* verb(const std::string& name, const std::string& about);
    CLI::App* verbOf(CLI::App& parent, const std::string& name, const std::string& about);
    void addBadDays();
};

CLI::App* CommandLine::verb(const std::string& name, const std::string& about) {
    return verbOf(app, name, about);
}

CLI::App* CommandLine::verbOf(CLI::App& parent, const std::string& name, const std::string& about) {
    CLI::App* out = parent.add_subcommand(name, about);
    out->fallthrough();  // --json stands before or after the verb
    out->add_option("--data", data, "The server's data folder")->required()->type_name("DIR");
    return out;
}

CommandLine::CommandLine() {
    app.require_subcommand(1);
    app.set_version_flag("--version", "thongsuot-server " THONGSUOT_VERSION,
                         "Print the version and exit");
    app.add_flag("--json", isJson, "Print one JSON document, for scripts");

    init = verb("init",
                "Make a data folder with new keys, and print the bootstrap token with which the "
                "province's first office device is set up");
    init->add_option("--public", publicAddress,
                     "How other machines reach this server; becomes part of the token")
        ->type_name("HOST:PORT");

    run = verb("run", "Serve the data folder until SIGTERM or Ctrl-C");
    run->add_option("--listen", listen,
                    "Where to listen, for example 0.0.0.0:7443; port 0 takes a free one")
        ->required()
        ->type_name("HOST:PORT");
    run->add_option("--log", log, "The log file (default: server.log in the data folder)")
        ->type_name("FILE");

    rotateKey = verb("rotate-key",
                     "Make new keys beside the old ones, and print the token with which the "
                     "province signs for them; works while the server runs");

    health = verb("health", "Tell how the server is; works while it runs and while it does not");
    health->add_flag("--check", isCheck,
                     "For monitoring: exit with 1 unless it runs and takes new work");
    addBadDays();
}

void CommandLine::addBadDays() {
    BadDays& b = badDays;
    b.backup =
        verb("backup", "Copy the store into one file and check the copy; works while it runs");
    b.backup->add_option("--out", b.out, "The file to make; it must not exist")
        ->required()
        ->type_name("FILE");

    b.restore = verb("restore", "Put a server back from a backup, into an empty folder");
    b.restore->add_option("--from", b.from, "The backup")->required()->type_name("FILE");
    b.restore->add_option("--key", b.key, "The copy of server.key that was kept apart")
        ->required()
        ->type_name("FILE");

    b.resume = verb("resume",
                    "After a restore: list the devices not heard since the backup; works while it "
                    "runs");
    b.resume->add_flag("--yes", b.isYes, "End the recovery: take new work again");

    b.newEpoch = verb("new-epoch",
                      "The last resort, after a server was put back and took new work before it "
                      "had everything back: tell of which ledgers it has signed two histories; "
                      "works while it runs");
    b.newEpoch->add_flag("--yes", b.isYes,
                         "Go on with what this server holds, in a new epoch; it must be stopped");

    b.confirmClock = verb("confirm-clock",
                          "Say that the machine's clock is right, after the server has asked; "
                          "works while it runs");

    CLI::App* quarantine =
        app.add_subcommand("quarantine", "What devices sent without the right to have it ordered");
    quarantine->require_subcommand(1);
    quarantine->fallthrough();
    b.listQuarantine = verbOf(*quarantine, "list", "List it; works while it runs");
}

/// --json counts also where the rest of the command line cannot be read.
Format formatOf(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--json") return Format::Json;
    }
    return Format::Text;
}

int answer(Format format, const base::Result<app::Answer>& result) {
    if (!result) return app::printFailure(format, result.error());
    app::print(format, *result);
    return result->exit;
}

/// Nothing if it is no verb of the bad days.
std::optional<base::Result<app::Answer>> onBadDay(const BadDays& b, const ops::DataFolder& folder) {
    if (b.backup->parsed()) return app::backup(folder, b.out);
    if (b.restore->parsed()) return app::restore(folder, b.from, b.key);
    if (b.resume->parsed())
        return app::resume(folder, b.isYes ? app::Resume::Now : app::Resume::Look);
    if (b.newEpoch->parsed())
        return app::newEpoch(folder, b.isYes ? app::Resume::Now : app::Resume::Look);
    if (b.confirmClock->parsed()) return app::confirmClock(folder);
    if (b.listQuarantine->parsed()) return app::listQuarantine(folder);
    return {};
}

int perform(const CommandLine& line) {
    Format format = line.isJson ? Format::Json : Format::Text;
    if (auto ready = crypto::initialise(); !ready) return app::printFailure(format, ready.error());
    ops::DataFolder folder(line.data);
    if (line.init->parsed()) return answer(format, app::init(folder, line.publicAddress));
    if (line.rotateKey->parsed()) return answer(format, app::rotateKey(folder));
    if (line.health->parsed()) return answer(format, app::health(folder, line.isCheck));
    if (auto done = onBadDay(line.badDays, folder)) return answer(format, *done);
    app::RunOptions options{folder, line.listen};
    if (!line.log.empty()) options.log = line.log;
    auto status = app::run(options);
    return status ? app::kDone : app::printFailure(format, status.error());
}

}  // namespace

int main(int argc, char** argv) {
    store::keepMemoryPrivate();
    store::claimStandardStreams();
    umask(0077);
    std::signal(SIGXFSZ,
                SIG_IGN);  // a file limit is an error of the write, not the end of the server
    Format format = formatOf(argc, argv);
    try {
        CommandLine line;
        try {
            line.app.parse(argc, argv);
        } catch (const CLI::Success& request) {  // --help, --version
            return line.app.exit(request);
        } catch (const CLI::ParseError& error) {
            return app::printFailure(
                format, {base::Code::Usage,
                         std::string(error.what()) + "; see `thongsuot-server --help`."});
        }
        return perform(line);
    } catch (const std::exception& error) {
        return app::printFailure(
            format, {base::Code::Internal, std::string("The program failed unexpectedly (") +
                                               error.what() + "); start it again."});
    }
}
