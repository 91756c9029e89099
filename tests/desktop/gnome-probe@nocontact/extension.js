// SPDX-License-Identifier: GPL-3.0-or-later
//
// The witness of the tests of GNOME's gate: writes down, one line each, what of a notification reaches the
// eye and the ear. It is never installed.
//
//   show TITLE     the shell begins to show a banner
//   sound TITLE    the shell plays its sound
//   paint TITLE    a frame was painted while a banner stood on the stage and was not wholly transparent
//   add TITLE      the shell took it into its tray, where it could be read later
//   gone TITLE     it is neither on the screen nor in the tray any more
//
// A banner whose title begins with "Press" is clicked as soon as it is there, as a user would. The lines go to the file that NOCONTACT_PROBE_LOG names.

/* exported init, enable, disable */

const { Gio, GLib } = imports.gi;
const Main = imports.ui.main;
const MessageTray = imports.ui.messageTray;

let out = null;
let painted = 0;
const before = {};

function tell(what, notification) {
        const title = notification?.title ?? '';
        out.write_all(new TextEncoder().encode(`${what} ${title}\n`), null);
}

// Has a method tell before it does what it did.
function wrap(prototype, method, report) {
        const original = prototype[method];
        before[method] = [prototype, original];
        prototype[method] = function (...args) {
                report(this, args);
                return original.apply(this, args);
        };
}

function afterPaint() {
        const tray = Main.messageTray;
        if (tray._banner && tray._bannerBin.visible && tray._bannerBin.opacity > 0)
                tell('paint', tray._notification);
}

function init() {
}

function enable() {
        const file = Gio.File.new_for_path(GLib.getenv('NOCONTACT_PROBE_LOG'));
        out = file.append_to(Gio.FileCreateFlags.NONE, null);
        wrap(MessageTray.MessageTray.prototype, '_showNotification', tray => {
                const [notification] = tray._notificationQueue;
                tell('show', notification);
                if (notification.title.startsWith('Press')) {
                        GLib.timeout_add(GLib.PRIORITY_DEFAULT, 100, () => {
                                notification.activate();
                                return GLib.SOURCE_REMOVE;
                        });
                }
        });
        wrap(MessageTray.Notification.prototype, 'destroy', n => tell('gone', n));
        // What the shell has to say itself, of root or of a lock screen, would stand on the screen until a
        // user moves, and there is none: it gets no banner.
        Main.messageTray.getSources().forEach(source => source.destroy());
        wrap(MessageTray.Source.prototype, 'showNotification', (source, [n]) => {
                if (!source.constructor.name.includes('NotificationDaemon'))
                        n.setUrgency(MessageTray.Urgency.LOW);
        });
        wrap(MessageTray.Notification.prototype, 'playSound', n => tell('sound', n));
        wrap(MessageTray.Source.prototype, 'pushNotification', (_source, [n]) => tell('add', n));
        painted = global.stage.connect('after-paint', afterPaint);
        tell('ready', null);
}

function disable() {
        global.stage.disconnect(painted);
        for (const method in before)
                before[method][0][method] = before[method][1];
        out.close(null);
}
