// Whether whoever is signed in still takes part. Access can end while a page is open: then any answer tells.

class Access {
  ended = $state(false);
}

export const access = new Access();
