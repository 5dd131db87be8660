// `thongsuot`: the command line of offices and communes. Parses, dispatches, prints; the verbs are
// in their own files.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include "cli/usage.h"
#include "cli/verbs.h"
#include "store/process.h"

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
    cli::AuthorityRecover recover;
    cli::AuthorityCalendar calendar;
    cli::Import import;
    cli::TaskList list;
    std::string file, device, reason, code, server, id, text, day, units, unit, slot, newPassphrase,
        out, request, officer;
    bool watch = false, open = false, all = false, yes = false;
    std::optional<double> lockAfter;
};

void addConfirmation(CLI::App& authority, Options& o) {
    auto* confirm = authority.add_subcommand(
        "confirm",
        "Give a device its key, once its words were compared by telephone (rule grant confirm)");
    confirm->add_option("DEVICE", o.device, "Id of the device (its first letters suffice)")
        ->required();
    confirm->add_flag("--yes", o.yes, "The words were compared and are the same; do not ask");
    confirm->callback(
        [&o] { o.run = [&o] { return cli::authorityConfirm(o.context, o.device, o.yes); }; });

    auto* invitations = authority.add_subcommand("invitations", "Invitations that are still open");
    invitations->add_flag("--all", o.all, "Those that were used, withdrawn or have expired too");
    invitations->callback(
        [&o] { o.run = [&o] { return cli::authorityInvitations(o.context, o.all); }; });
    auto* withdraw =
        authority.add_subcommand("withdraw", "Take an invitation back before it is used");
    withdraw
        ->add_option("NUMBER", o.id,
                     "Number of the invitation, from authority invitations (its first letters "
                     "suffice)")
        ->required();
    withdraw->callback([&o] { o.run = [&o] { return cli::authorityWithdraw(o.context, o.id); }; });

    auto* rule = authority.add_subcommand(
        "rule", "Show the province's rules, or set one: rule grant confirm");
    rule->add_option("NAME", o.text, "Name of a rule; without it all are shown");
    rule->add_option("VALUE", o.code, "What it is from the next sync on");
    rule->callback(
        [&o] { o.run = [&o] { return cli::authorityRule(o.context, o.text, o.code); }; });
}

void addOfficers(CLI::App& app, Options& o) {
    auto* officer = app.add_subcommand("officer", "The people who work at this device");
    officer->require_subcommand(1);
    auto* add = officer->add_subcommand(
        "add", "Take one more officer in, with an invitation of the office for this device");
    add->add_option("--invite", o.code,
                    "The invitation code; - for standard input, @FILE for a file")
        ->required();
    add->callback([&o] { o.run = [&o] { return cli::officerAdd(o.context, o.code); }; });
    auto* list = officer->add_subcommand("list", "Who works at this device, and since when");
    list->callback([&o] { o.run = [&o] { return cli::officerList(o.context); }; });
}

/// An office that has lost all of its devices, and what can be looked after before that.
void addRecovery(CLI::App& authority, Options& o) {
    auto* recover = authority.add_subcommand(
        "recover", "A new first device for an office that has lost all of its own");
    recover->footer(
        "First, on the new machine:   authority recover --server HOST:PORT --root FINGERPRINT "
        "--request FILE\n"
        "Then the keepers of the authority keys: authority show FILE, authority sign FILE --key …\n"
        "At last, on the new machine: authority recover --submit FILE --recovery-key @FILE");
    recover->add_option("--server", o.recover.server, "Address of the server, HOST:PORT");
    recover->add_option("--root", o.recover.root,
                        "Fingerprint of the authority keys, printed when the province was founded");
    recover->add_option("--officer", o.recover.officer, "Name of the administrator");
    recover->add_option("--hours", o.recover.hours,
                        "How long the request is valid, 1 to 2160 (default 336)");
    recover->add_option("--request", o.recover.request, "File for the request, to begin with");
    recover->add_option("--submit", o.recover.submit, "The request, once the keepers have signed");
    recover->add_option("--recovery-key", o.recover.recoveryKey,
                        "The province recovery key; - for standard input, @FILE for a file");
    recover->callback(
        [&o] { o.run = [&o] { return cli::authorityRecover(o.context, o.recover); }; });
    auto* check = authority.add_subcommand(
        "check-recovery", "Whether the recovery key on paper opens the keys in use");
    check
        ->add_option("--recovery-key", o.code,
                     "The province recovery key; - for standard input, @FILE for a file")
        ->required();
    check->callback(
        [&o] { o.run = [&o] { return cli::authorityCheckRecovery(o.context, o.code); }; });

    auto* calendar = authority.add_subcommand(
        "calendar", "Show the work calendar, or change it: holidays and days worked instead");
    calendar->add_option(
        "--import", o.calendar.file,
        "A csv with the header day,kind (holiday or workday); replaces the days of "
        "the years that occur in it");
    calendar->add_option("--weekend", o.calendar.weekend,
                         "Days off every week, e.g. sat,sun; none for a week without any");
    calendar->callback(
        [&o] { o.run = [&o] { return cli::authorityCalendar(o.context, o.calendar); }; });
}

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

    auto* sign = authority.add_subcommand(
        "sign", "Add a signature to a request; with --key it needs no home, and never a line");
    sign->add_option("REQUEST", o.sign.request, "The file")->required();
    sign->add_option("--key", o.sign.key,
                     "File of the authority key (default: the key that lies in this home)");
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
    invite->add_option("--unit", o.invite.unit,
                       "Code of the unit; with --device it may be left out");
    invite->add_option("--device", o.invite.device,
                       "Id of a device that gets one more officer, instead of a new device");
    invite->add_flag("--qr", o.invite.qr,
                     "Draw the code as a QR picture, also where the output is no terminal");
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
    revoke->add_flag("--yes", o.yes, "Do not ask at the terminal");
    revoke->callback([&o] {
        o.run = [&o] { return cli::authorityRevoke(o.context, o.device, o.reason, o.yes); };
    });
    addConfirmation(*authority, o);
    addRoot(*authority, o);
    addRecovery(*authority, o);
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
    sync->add_option(
            "--lock-after", o.lockAfter,
            "With --watch: end, and so lock the home, after so many MINUTES in which nothing "
            "was exchanged; 0 never (default 480, with a key file 0)")
        ->type_name("MINUTES");
    sync->callback([&o] {
        o.run = [&o] {
            return o.watch ? cli::syncWatch(o.context, o.lockAfter) : cli::sync(o.context);
        };
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
    auto* complete =
        task->add_subcommand("complete",
                             "Report the work as completed, signed by an officer in person: "
                             "what opens the home counts as his PIN");
    withId(complete);
    complete->add_option("--result", o.text, "What was achieved")->required();
    complete->add_option("--completed", o.day, "Day of completion, YYYY-MM-DD (default today)");
    complete->add_option("--officer", o.officer,
                         "Who signs for it, where several officers work at this device");
    complete->callback([&o] {
        o.run = [&o] { return cli::taskComplete(o.context, {o.id, o.text, o.day, o.officer}); };
    });
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

void addOffice(CLI::App& app, Options& o) {
    auto* office = app.add_subcommand("office", "What the province office decides");
    office->require_subcommand(1);
    auto* queue = office->add_subcommand(
        "queue", "Work that came without the right, e.g. of a device that was revoked meanwhile");
    queue->add_option("ENTRY", o.id, "Only this one, however much waits; its first letters do");
    queue->callback([&o] { o.run = [&o] { return cli::officeQueue(o.context, o.id); }; });
    auto withEntry = [&o](CLI::App* verb) {
        verb->add_option("ENTRY", o.id, "The entry, as office queue shows it; its first letters do")
            ->required();
    };
    auto* adopt = office->add_subcommand(
        "adopt", "Make it the office's own word in the unit's ledger; its author stays named");
    withEntry(adopt);
    adopt->callback([&o] { o.run = [&o] { return cli::officeAdopt(o.context, o.id); }; });
    auto* refuse = office->add_subcommand("refuse", "Settle that it stays without effect");
    withEntry(refuse);
    refuse->add_option("--reason", o.reason, "Why; the unit reads it")->required();
    refuse->callback(
        [&o] { o.run = [&o] { return cli::officeRefuse(o.context, o.id, o.reason); }; });
}

void addPassphrase(CLI::App& app, Options& o) {
    auto* passphrase = app.add_subcommand(
        "passphrase", "What opens this home: passphrase, recovery code, key files");
    passphrase->require_subcommand(1);
    auto withNew = [&o](CLI::App* verb) {
        verb->add_option("--new-passphrase-file", o.newPassphrase,
                         "File whose first line is the new passphrase (asked for without it)");
    };
    auto* change = passphrase->add_subcommand("change", "Set another passphrase");
    withNew(change);
    change->callback(
        [&o] { o.run = [&o] { return cli::passphraseChange(o.context, o.newPassphrase); }; });
    auto* reset = passphrase->add_subcommand(
        "reset", "Set a new passphrase with the recovery code, where the old one is lost");
    reset
        ->add_option("--recovery-code", o.code,
                     "The code from the paper; - for standard input, @FILE for a file")
        ->required();
    withNew(reset);
    reset->callback([&o] {
        o.run = [&o] { return cli::passphraseReset(o.context, o.code, o.newPassphrase); };
    });
    auto* recovery = passphrase->add_subcommand(
        "recovery-code", "Make a new recovery code; the one before no longer opens");
    recovery->callback([&o] { o.run = [&o] { return cli::passphraseRecoveryCode(o.context); }; });
    auto* add = passphrase->add_subcommand(
        "add-key-file", "Make a key file that opens this home, for services and scripts");
    add->add_option("FILE", o.file, "The file to be made")->required();
    add->callback([&o] { o.run = [&o] { return cli::passphraseAddKeyFile(o.context, o.file); }; });
    auto* remove =
        passphrase->add_subcommand("remove-key-file", "Let a key file no longer open this home");
    remove->add_option("FILE", o.file, "The key file");
    remove->add_option("--slot", o.slot, "Its slot, where the file is lost");
    remove->callback(
        [&o] { o.run = [&o] { return cli::passphraseRemoveKeyFile(o.context, o.file, o.slot); }; });
    auto* slots = passphrase->add_subcommand("slots", "Each way in which this home can be opened");
    slots->callback([&o] { o.run = [&o] { return cli::passphraseSlots(o.context); }; });
}

void addReceipts(CLI::App& app, Options& o) {
    auto* receipt = app.add_subcommand("receipt", "What proves to others that work was handed in");
    receipt->require_subcommand(1);
    auto* one = receipt->add_subcommand(
        "export", "One entry's receipt as a small file, for thongsuot-verify");
    one->footer(
        "Whoever holds the file learns the province, the unit, the device with its officers, the "
        "entry's\nhash and size, and when the server received it; also the names of the units and "
        "invitations that\nstand in the same acts of the directory. What the entry says stays "
        "encrypted. --open adds the key\nof this one entry: then everybody who holds the file can "
        "read it. No other entry opens with it.");
    one->add_option("ENTRY", o.id,
                    "The entry, as task history prints it; its first letters suffice")
        ->required();
    one->add_option("--out", o.out, "File to write")->required();
    one->add_flag("--open", o.open, "Let everybody who holds the file read this one entry");
    one->callback(
        [&o] { o.run = [&o] { return cli::receiptExport(o.context, o.id, o.out, o.open); }; });

    auto* ledger = app.add_subcommand("ledger", "Whole ledgers, for auditors");
    ledger->require_subcommand(1);
    auto* whole = ledger->add_subcommand(
        "export", "A ledger with the whole directory as a folder, for thongsuot-verify ledger");
    whole->footer(
        "Whoever holds the folder learns the whole directory (units, officers, devices, "
        "invitations, rules)\nand of every entry the device, size and times. --open adds a key for "
        "each entry of the unit: then\neverybody who holds the folder can read them all, but "
        "nothing that is written later.");
    whole
        ->add_option("SCOPE", o.unit,
                     "Code of a unit, its scope as status --json prints it, or directory")
        ->required();
    whole->add_option("--out", o.out, "Folder to write; absent or empty")->required();
    whole->add_flag("--open", o.open, "Let everybody who holds the folder read the unit's entries");
    whole->callback(
        [&o] { o.run = [&o] { return cli::ledgerExport(o.context, o.unit, o.out, o.open); }; });
}

/// Global options stand before or after the verb.
void addGlobals(CLI::App& app, Context& context) {
    app.add_option("--home", context.home, "Folder of this device (default ~/.thongsuot)")
        ->envname("THONGSUOT_HOME");
    app.add_option("--passphrase-file", context.passphraseFile,
                   "File whose first line is the passphrase")
        ->envname("THONGSUOT_PASSPHRASE_FILE");
    app.add_option(
        "--key-file", context.keyFile,
        "Key file that opens the home in place of the passphrase (Env: THONGSUOT_KEY_FILE)");
    app.add_flag("--json", context.json, "Print one JSON document");
}

/// A passphrase file on the command line means more than a key file of the environment.
void takeKeyFileOfEnvironment(const std::vector<std::string>& arguments, Context& context) {
    const bool named = std::any_of(arguments.begin(), arguments.end(), [](const std::string& word) {
        return word == "--passphrase-file" || word.starts_with("--passphrase-file=");
    });
    const char* file = std::getenv("THONGSUOT_KEY_FILE");
    if (context.keyFile.empty() && !named && file != nullptr) context.keyFile = file;
}

int failUsage(const std::string& sentence, const Context& context) {
    return cli::print(tl::unexpected(base::Error{base::Code::Usage, sentence}), context.format());
}

}  // namespace

int main(int argc, char** argv) {
    store::keepMemoryPrivate();
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
    addReceipts(app, options);
    addOffice(app, options);
    addOfficers(app, options);
    addAuthority(app, options);
    addPassphrase(app, options);
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
    takeKeyFileOfEnvironment(arguments, context);
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
