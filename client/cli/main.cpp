// `thongsuot`: the command line of offices and communes. Parses, dispatches, prints; the verbs are
// in their own files.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include "cli/usage.h"
#include "cli/verbs.h"

namespace {

using cli::Answer;
using cli::Context;
using Run = std::function<base::Result<Answer>()>;

struct Options {
    Context context;
    Run run;
    cli::AuthorityInit init;
    cli::AuthorityInvite invite;
    cli::RotateAuthority rotate;
    cli::AuthoritySign sign;
    cli::Import import;
    cli::TaskList list;
    std::string file, device, reason, code, request, server, id, text, day, units, unit;
    bool watch = false;
};

/// What needs the authority keys, wherever they are.
void addRoot(CLI::App& authority, Options& o) {
    auto* server = authority.add_subcommand(
        "rotate-server", "Sign for new keys of the server, made with thongsuot-server rotate-key");
    server
        ->add_option("--token", o.code,
                     "The token that it printed; - for standard input, @FILE for a file")
        ->required();
    server->add_option("--request", o.request,
                       "File for the request, where the authority keys are not in this home");
    server->callback([&o] {
        o.run = [&o] { return cli::authorityRotateServer(o.context, o.code, o.request); };
    });

    auto* keys = authority.add_subcommand("rotate-authority",
                                          "Replace the authority keys, signed by those before");
    keys->add_option("--authority-keys", o.rotate.keys, "How many keys there are (default 1)");
    keys->add_option("--threshold", o.rotate.threshold, "How many of them must sign (default 1)");
    keys->add_option("--key-out", o.rotate.keyOut, "Folder for the new keys and their codes")
        ->required();
    keys->add_option("--request", o.rotate.request,
                     "File for the request, where the present keys are not in this home");
    keys->callback(
        [&o] { o.run = [&o] { return cli::authorityRotateAuthority(o.context, o.rotate); }; });

    auto* show = authority.add_subcommand("show", "What a request for signatures says");
    show->add_option("REQUEST", o.request, "The file")->required();
    show->callback([&o] { o.run = [&o] { return cli::authorityShow(o.request); }; });

    auto* sign =
        authority.add_subcommand("sign", "Add a signature to a request; needs no home and no line");
    sign->add_option("REQUEST", o.sign.request, "The file")->required();
    sign->add_option("--key", o.sign.key, "File of the authority key")->required();
    sign->add_option(
        "--code", o.sign.code,
        "The code on its paper (default: asked for); - for standard input, @FILE for a file");
    sign->add_flag("--yes", o.sign.yes, "What the request says has been read");
    sign->callback([&o] { o.run = [&o] { return cli::authoritySign(o.context, o.sign); }; });

    auto* submit =
        authority.add_subcommand("submit", "Put a request with enough signatures into force");
    submit->add_option("REQUEST", o.request, "The file")->required();
    submit->callback([&o] { o.run = [&o] { return cli::authoritySubmit(o.context, o.request); }; });
}

void addAuthority(CLI::App& app, Options& o) {
    auto* authority =
        app.add_subcommand("authority", "Found the province, its units, devices and their rights");
    authority->require_subcommand(1);
    auto* init = authority->add_subcommand(
        "init", "Found the province on an empty server; this home becomes the first office device");
    init->add_option("--server", o.init.server, "Address of the server, HOST:PORT")->required();
    init->add_option(
            "--bootstrap", o.init.bootstrap,
            "Token that `thongsuot-server init` printed; - for standard input, @FILE for a file")
        ->required();
    init->add_option("--province", o.init.province, "Name of the province office")->required();
    init->add_option("--code", o.init.code, "Code of the province unit")->required();
    init->add_option("--officer", o.init.officer, "Name of the first administrator");
    init->add_option("--authority-keys", o.init.keys,
                     "How many authority keys the province has (default 1, kept in this home)");
    init->add_option("--threshold", o.init.threshold, "How many of them must sign (default 1)");
    init->add_option("--key-out", o.init.keyOut,
                     "Folder for the authority keys: a file and a code for each keeper");
    init->callback([&o] { o.run = [&o] { return cli::authorityInit(o.context, o.init); }; });

    auto* units = authority->add_subcommand(
        "import-units", "Departments and communes from a csv: code,name,level[,parent]");
    units->add_option("FILE", o.file, "The csv file")->required();
    units->callback(
        [&o] { o.run = [&o] { return cli::authorityImportUnits(o.context, o.file); }; });

    auto* invite =
        authority->add_subcommand("invite", "Make an invitation for one device of one officer");
    invite->add_option("--unit", o.invite.unit, "Code of the unit")->required();
    invite->add_option("--officer", o.invite.officer, "Name of the officer")->required();
    invite
        ->add_option("--role", o.invite.role,
                     "officer, leader, clerk, provincial, reviewer, administrator or auditor")
        ->required();
    invite->add_option("--hours", o.invite.hours, "How long it is valid, 1 to 2160 (default 72)");
    invite->add_option("--request", o.invite.request,
                       "File for the request that the keepers of the authority keys sign, where an "
                       "administrator is invited and they are not in this home");
    invite->callback([&o] { o.run = [&o] { return cli::authorityInvite(o.context, o.invite); }; });

    auto* devices = authority->add_subcommand(
        "devices", "Every device of the province, with its officer and id");
    devices->callback([&o] { o.run = [&o] { return cli::authorityDevices(o.context); }; });

    auto* revoke =
        authority->add_subcommand("revoke", "End the rights of a device, e.g. a stolen one");
    revoke->add_option("--device", o.device, "Id of the device (its first letters suffice)")
        ->required();
    revoke->add_option("--reason", o.reason, "Why")->required();
    revoke->callback(
        [&o] { o.run = [&o] { return cli::authorityRevoke(o.context, o.device, o.reason); }; });
    addRoot(*authority, o);
}

void addConnection(CLI::App& app, Options& o) {
    auto* enrol = app.add_subcommand(
        "enrol", "Make this machine a device of its unit, with an invitation of the office");
    enrol
        ->add_option("--invite", o.code,
                     "The invitation code; - for standard input, @FILE for a file")
        ->required();
    enrol->add_option("--server", o.server,
                      "Address of the server, HOST:PORT (needed with the short code)");
    enrol->callback([&o] { o.run = [&o] { return cli::enrol(o.context, o.code, o.server); }; });

    auto* sync = app.add_subcommand("sync", "Send what waits here and receive what is new");
    sync->add_flag(
        "--watch", o.watch,
        "Go on every few seconds until Ctrl+C, with one line a round; other commands may be "
        "used meanwhile");
    sync->callback([&o] {
        o.run = [&o] { return o.watch ? cli::syncWatch(o.context) : cli::sync(o.context); };
    });

    auto* status =
        app.add_subcommand("status", "What this device holds and what still waits to be sent");
    status->callback([&o] { o.run = [&o] { return cli::status(o.context); }; });
}

void addTasks(CLI::App& app, Options& o) {
    auto* import = app.add_subcommand("import", "Read a task table (.xlsx or .csv)");
    import->footer(
        "The figures count rows of the table, each once, however many units it goes to:\n"
        "  new (created)          some unit did not have the task yet\n"
        "  changed (updated)      every unit had it, some otherwise than the table\n"
        "  as before (unchanged)  every unit has it as the table does\n"
        "  left out               the row was refused; its cell and the reason are told\n"
        "What a unit has written since stays: only cells that changed in the table are written.");
    import->add_option("FILE", o.import.file, "The table")->required();
    import->add_option("--sheet", o.import.sheet,
                       "Name of the sheet, if not the first one with tasks");
    import->add_flag("--preview", o.import.preview,
                     "Show what would happen and every doubtful cell; write nothing");
    import->add_flag("--yes", o.import.yes,
                     "Import; doubtful rows are imported with a mark, refused ones left out");
    import->add_option("--assign-to", o.import.assignTo,
                       "Codes of units, with commas, or all (every commune)");
    import->callback([&o] { o.run = [&o] { return cli::importTable(o.context, o.import); }; });

    auto* task = app.add_subcommand("task", "See tasks and report on them");
    task->require_subcommand(1);
    auto* list = task->add_subcommand("list", "The assignments that this device reads");
    list->add_option("--unit", o.list.unit, "Only those of this unit");
    list->add_option("--search", o.list.search, "Words, with or without diacritics");
    list->add_option("--status", o.list.status,
                     "assigned, received, in_progress, awaiting_leader, submitted, completed, "
                     "returned, suspended, recalled, not_applicable or unknown");
    list->add_option("--timeliness", o.list.timeliness,
                     "in_progress_on_time, in_progress_overdue, in_progress_no_deadline, "
                     "completed_on_time, completed_late or completed_undecided");
    list->add_option("--as-of", o.list.asOf, "Day for the timeliness, YYYY-MM-DD (default today)");
    list->callback([&o] { o.run = [&o] { return cli::taskList(o.context, o.list); }; });

    auto withId = [&o](CLI::App* verb) {
        verb->add_option("ID", o.id, "Id of the assignment; its first letters suffice")->required();
    };
    auto* show = task->add_subcommand("show", "One assignment with everything below it");
    withId(show);
    show->callback([&o] { o.run = [&o] { return cli::taskShow(o.context, o.id); }; });
    auto* history =
        task->add_subcommand("history", "Who wrote what, when, and when the province received it");
    withId(history);
    history->callback([&o] { o.run = [&o] { return cli::taskHistory(o.context, o.id); }; });
    auto* progress = task->add_subcommand("progress", "Note how the work goes");
    withId(progress);
    progress->add_option("--text", o.text, "The note")->required();
    progress->callback(
        [&o] { o.run = [&o] { return cli::taskProgress(o.context, o.id, o.text); }; });
    auto* complete = task->add_subcommand("complete", "Report the work as completed");
    withId(complete);
    complete->add_option("--result", o.text, "What was achieved")->required();
    complete->add_option("--completed", o.day, "Day of completion, YYYY-MM-DD (default today)");
    complete->callback(
        [&o] { o.run = [&o] { return cli::taskComplete(o.context, o.id, o.text, o.day); }; });
    auto* assign = task->add_subcommand("assign", "Give a task to more units");
    assign->add_option("TASK", o.id, "Id of the task or of one of its assignments")->required();
    assign->add_option("--to", o.units, "Codes of units, with commas, or all (every commune)")
        ->required();
    assign->callback([&o] { o.run = [&o] { return cli::taskAssign(o.context, o.id, o.units); }; });
}

void addReports(CLI::App& app, Options& o) {
    auto* report = app.add_subcommand("report", "Figures");
    report->require_subcommand(1);
    auto* summary = report->add_subcommand(
        "summary", "Counts by status and timeliness; the parts add up to the total");
    summary->add_option("--as-of", o.day, "Day of the report, YYYY-MM-DD (default today)");
    summary->add_option("--unit", o.unit, "Only this unit");
    summary->callback(
        [&o] { o.run = [&o] { return cli::reportSummary(o.context, o.day, o.unit); }; });

    auto* audit = app.add_subcommand("audit", "Changes that stand in the ledgers without effect");
    audit->require_subcommand(1);
    auto* list = audit->add_subcommand("list", "Each with the reason");
    list->callback([&o] { o.run = [&o] { return cli::auditList(o.context); }; });
}

/// Global options stand before or after the verb.
void addGlobals(CLI::App& app, Context& context) {
    app.add_option("--home", context.home, "Folder of this device (default ~/.thongsuot)")
        ->envname("THONGSUOT_HOME");
    app.add_option("--passphrase-file", context.passphraseFile,
                   "File whose first line is the passphrase")
        ->envname("THONGSUOT_PASSPHRASE_FILE");
    app.add_flag("--json", context.json, "Print one JSON document");
}

int failUsage(const std::string& sentence, const Context& context) {
    return cli::print(tl::unexpected(base::Error{base::Code::Usage, sentence}), context.format());
}

}  // namespace

int main(int argc, char** argv) {
    store::claimStandardStreams();
    // A file limit is an error of the write, not the end of the program.
    std::signal(SIGXFSZ, SIG_IGN);
    Options options;
    CLI::App app{"Thông Suốt: tasks between a province and its communes, with or without a line.",
                 "thongsuot"};
    app.set_version_flag("--version", THONGSUOT_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    addGlobals(app, options.context);
    addConnection(app, options);
    addTasks(app, options);
    addReports(app, options);
    addAuthority(app, options);
    std::vector<std::string> arguments(argv + 1, argv + std::max(argc, 1));
    Context& context = options.context;
    context.json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
    if (auto sentence = cli::unknownWord(app, arguments)) return failUsage(*sentence, context);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);
        return failUsage(std::string(error.what()) + " (see thongsuot --help)", context);
    }
    if (auto ready = crypto::initialise(); !ready)
        return cli::print(tl::unexpected(ready.error()), context.format());
    try {
        return cli::print(options.run(), context.format());
    } catch (const std::exception& error) {
        // Out of memory, most likely: what was saved stays saved. Libraries put more lines below
        // the first, for their authors.
        std::string why = error.what();
        why.resize(std::min(why.find('\n'), why.size()));
        base::Error internal{base::Code::Internal, "The program had to stop: " + why};
        return cli::print(tl::unexpected(internal), context.format());
    }
}
