// Whether the server answers. The shell shows a calm line while it does not.

class Connection {
  away = $state(false);

  lost(): void {
    this.away = true;
  }

  back(): void {
    this.away = false;
  }
}

export const connection = new Connection();
