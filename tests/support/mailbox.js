// A real SMTP server that keeps every mail, to read it as its receiver would.
import { once } from 'node:events';
import smtp from 'smtp-tester';
import { learnt } from './kept.js';
import { until } from './until.js';

/** Listens on a port of its own. */
export async function mailbox() {
  const started = new Mailbox(smtp.init(0));
  const { server } = started.smtp.smtpServer;
  if (!server.listening) await once(server, 'listening');
  started.url = `smtp://127.0.0.1:${server.address().port}`;
  return started;
}

class Mailbox {
  url = '';
  /** Every mail that came, the first first. */
  mails = [];

  constructor(started) {
    this.smtp = started;
    started.bind((_, id, { receivers, headers, body }) => {
      for (const address of Object.keys(receivers)) learnt('personal', address);
      for (const [, token] of body.matchAll(/#([\w-]{16,})/g)) learnt('credential', token);
      this.mails.push({ id, to: Object.keys(receivers), subject: headers.subject, text: body });
    });
  }

  /** Those to an address. */
  to(address) {
    return this.mails.filter(({ to }) => to.includes(address));
  }

  /** The first to an address with this subject, once it is there. Each is given once. */
  async take(address, subject) {
    const isIt = (mail) => mail.to.includes(address) && subject.test(mail.subject);
    const mail = await until(`a mail to ${address} about ${subject}`, () => this.mails.find(isIt), { within: 20_000 });
    this.mails = this.mails.filter((each) => each !== mail);
    return mail;
  }

  stop() {
    return new Promise((resolve) => this.smtp.stop(resolve));
  }
}
